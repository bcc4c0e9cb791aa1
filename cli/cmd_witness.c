/* Being a witness for other logs, and asking one for its cosignature. */
#include "commands.h"
#include "connect.h"
#include "http.h"
#include "mem.h"
#include "witness_dir.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PATH_ADD "/add-checkpoint"
/* The witness may have cosigned meanwhile, and says so once more. */
#define ASKS_MAX   3u
#define ANSWER_MAX 65536u
#define TYPE_TEXT  "text/plain; charset=utf-8"
#define TYPE_SIZE  "text/x.tlog.size"
#define URL_MAX    512u

/* ---- serving ---- */

static const struct tl_opt serve_options[] = {
    {"listen", "URL", "where to listen (default: http://127.0.0.1:7380)"},
    {"log", "POLICY", "a tlog-policy whose logs are witnessed (several times: several)"},
    {"name", "NAME", "what a new witness is called, like witness.example/w1"},
    TL_OPT_END};

static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
    (void)number;
    stop_asked = 1;
}

static void on_post(void *host, struct tl_bytes body, struct tl_http_answer *answer)
{
    struct tl_why why = {""};

    answer->code = tl_witness_dir_answer(host, body, tl_unix_ms() / 1000, &answer->body, &why);
    answer->type = answer->code == TL_WITNESS_CONFLICT ? TYPE_SIZE : TYPE_TEXT;
    if (why.text[0] != '\0')
        tl_note("cannot cosign: %s", why.text);
}

static void wait_for_signal(void)
{
    const struct timespec pause = {.tv_nsec = 100000000};
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    while (!stop_asked)
        (void)nanosleep(&pause, NULL);
}

/* A line for the tlog-policy of whoever trusts this witness. */
static void introduce(const struct tl_call *call, const struct tl_witness_dir *dir, const char *url)
{
    static const struct tl_column columns[] = {{"witness", "witness", TL_COLUMN_TEXT},
                                               {"vkey", "verifier key", TL_COLUMN_TEXT},
                                               {"url", "listens at", TL_COLUMN_TEXT},
                                               {"logs", "logs", TL_COLUMN_NUMBER},
                                               TL_COLUMN_END};
    uint8_t bytes[TL_NOTE_LINE_BYTES_MAX];
    struct tl_buf vkey = tl_buf(bytes, sizeof bytes);
    struct tl_json *row = tl_json_object();

    tl_vkey_write(&vkey, &dir->own);
    tl_json_set_str(row, "witness", dir->name);
    tl_json_set(row, "vkey", tl_json_text(tl_buf_bytes(&vkey)));
    tl_json_set_str(row, "url", url);
    tl_json_set_int(row, "logs", (int64_t)dir->count);
    tl_out_one(&call->out, columns, row);
    tl_json_free(row);
    (void)tl_out_flush();
}

static enum tl_status serve(const struct tl_call *call, struct tl_witness_dir *dir,
                            struct tl_why *why)
{
    const char *listen = tl_opt_value(&call->args, "listen");
    const char *policy;
    struct tl_http_server *server;
    struct tl_http_service service = {.url = listen != NULL ? listen : "http://127.0.0.1:7380",
                                      .path = PATH_ADD,
                                      .body_max = TL_WITNESS_BYTES_MAX,
                                      .answer_max = ANSWER_MAX,
                                      .post = on_post,
                                      .host = dir};
    enum tl_status status = TL_OK;

    for (size_t i = 0; status == TL_OK; i++) {
        policy = tl_opt_nth(&call->args, "log", i);
        if (policy == NULL)
            break;
        status = tl_witness_dir_add(dir, policy, why);
    }
    if (status == TL_OK && dir->count == 0)
        status = tl_why_set(why, TL_ERR_USAGE, "give --log POLICY: the logs it may cosign");
    if (status == TL_OK)
        status = tl_http_serve(&server, &service, why);
    if (status != TL_OK)
        return status;
    introduce(call, dir, service.url);
    wait_for_signal();
    tl_http_stop(server);
    return TL_OK;
}

static int run_serve(struct tl_call *call)
{
    struct tl_witness_dir *dir = tl_mem_new(1, sizeof *dir);
    struct tl_why why = {""};
    enum tl_status status = tl_cmd_words(call, 1, 1, "the witness's directory");
    int code = tl_status_exit(status);

    if (status == TL_OK) {
        status =
            tl_witness_dir_open(dir, call->args.word[0], tl_opt_value(&call->args, "name"), &why);
        if (status == TL_OK) {
            status = serve(call, dir, &why);
            tl_witness_dir_close(dir);
        }
        code = status == TL_OK ? 0
                               : tl_fail(status, NULL, "cannot be witness '%s': %s",
                                         call->args.word[0], why.text);
    }
    tl_mem_free(dir);
    return code;
}

/* ---- asking ---- */

static const struct tl_opt ask_options[] = {
    {"witness", "VKEY", "the witness's verifier key: no other cosignature is taken"},
    {"out", "FILE", "write the cosigned checkpoint there (default: print it)"},
    {"ca", "FILE", "certificate authorities for https (default: the system's)"},
    {"to", "MEMBER", "the member whose node is asked (default: the key's own)"},
    TL_OPT_END};

struct asking {
    const char *witness; /* its URL, for people */
    char url[URL_MAX];
    struct tl_note_key key;
    struct tl_http_question question;
    struct tl_http_answer answer;
    struct tl_client *client;
    uint8_t *request;
    uint64_t old;
    uint64_t size; /* of the checkpoint at hand */
    struct tl_bytes note;
    struct tl_buf cosigned;
};

/* The node's checkpoint with the proof that it continues `old` leaves. */
static enum tl_status fetch(struct asking *a, struct tl_why *why)
{
    struct tl_growth_query query = {a->old};
    struct tl_blob blob;
    struct tl_exchange exchange = {TL_METHOD_CHECKPOINT, &tl_growth_query_record, &query,
                                   &tl_blob_record, &blob};
    struct tl_add_checkpoint add;
    struct tl_checkpoint checkpoint;
    struct tl_note note;
    enum tl_status status = tl_client_call(a->client, &exchange, why);

    if (status == TL_ERR_EARLY)
        return tl_why_set(why, TL_ERR_ROLLBACK,
                          "the witness cosigned %" PRIu64 " leaves of it, and the node has fewer",
                          a->old);
    if (status != TL_OK)
        return status;
    if (blob.bytes.len > TL_WITNESS_BYTES_MAX)
        return tl_why_set(why, TL_ERR_ENCODING, "the node's checkpoint is too long");
    memcpy(a->request, blob.bytes.ptr, blob.bytes.len);
    a->question.body = tl_bytes(a->request, blob.bytes.len);
    status = tl_add_checkpoint_parse(&add, a->question.body);
    if (status == TL_OK)
        status = tl_note_parse(&note, add.checkpoint);
    if (status == TL_OK)
        status = tl_checkpoint_parse(&checkpoint, note.text);
    if (status != TL_OK)
        return tl_why_set(why, status, "the node's checkpoint is malformed");
    a->note = add.checkpoint;
    a->size = checkpoint.size;
    return TL_OK;
}

/* The witness's lines under the checkpoint make a note its key must stand under. */
static enum tl_status take_lines(struct asking *a, struct tl_why *why)
{
    struct tl_bytes lines = tl_buf_bytes(&a->answer.body);
    struct tl_note note;
    uint64_t time_s;
    enum tl_status status;

    a->cosigned.len = 0;
    tl_buf_put(&a->cosigned, a->note.ptr, a->note.len);
    tl_buf_put(&a->cosigned, lines.ptr, lines.len);
    status = a->cosigned.full ? TL_ERR_LIMIT : tl_note_parse(&note, tl_buf_bytes(&a->cosigned));
    if (status == TL_OK)
        status = tl_note_verify(&note, &a->key, &time_s);
    return status == TL_OK ? TL_OK
                           : tl_why_set(why, status, "its answer is not its cosignature: %s",
                                        tl_status_text(status));
}

/* 409: another size than we said was cosigned last, or this one with another root. */
static enum tl_status conflict(struct asking *a, bool *again, struct tl_why *why)
{
    struct tl_bytes body = tl_buf_bytes(&a->answer.body);
    uint64_t size = 0;

    for (size_t i = 0; i + 1 < body.len; i++) {
        if (body.ptr[i] < '0' || body.ptr[i] > '9' || size > UINT64_MAX / 10u - 1u)
            return tl_why_set(why, TL_ERR_ENCODING, "its answer is no size");
        size = size * 10u + (uint64_t)(body.ptr[i] - '0');
    }
    if (body.len < 2 || body.ptr[body.len - 1] != '\n')
        return tl_why_set(why, TL_ERR_ENCODING, "its answer is no size");
    if (size == a->old)
        return tl_why_set(why, TL_ERR_FORK,
                          "it cosigned another log of %" PRIu64 " leaves than the node's", size);
    a->old = size;
    *again = true;
    return TL_OK;
}

static enum tl_status judge(struct asking *a, bool *again, struct tl_why *why)
{
    switch (a->answer.code) {
    case TL_WITNESS_OK:
        return take_lines(a, why);
    case TL_WITNESS_CONFLICT:
        return conflict(a, again, why);
    case TL_WITNESS_UNPROCESSABLE:
        return tl_why_set(why, TL_ERR_FORK,
                          "the node's log does not continue the %" PRIu64 " leaves it cosigned",
                          a->old);
    case TL_WITNESS_NOT_FOUND:
        return tl_why_set(why, TL_ERR_NOT_FOUND, "it does not know this log");
    case TL_WITNESS_FORBIDDEN:
        return tl_why_set(why, TL_ERR_SIGNATURE, "it knows other keys of this log");
    case TL_WITNESS_BAD_REQUEST:
        return tl_why_set(why, TL_ERR_ENCODING, "it does not understand the request");
    default:
        return tl_why_set(why, TL_ERR_UNREACHABLE, "it answers with %u", (unsigned)a->answer.code);
    }
}

static enum tl_status ask(struct asking *a, struct tl_why *why)
{
    bool again = true;
    enum tl_status status = TL_OK;

    for (uint32_t i = 0; status == TL_OK && again && i < ASKS_MAX; i++) {
        again = false;
        status = fetch(a, why);
        if (status == TL_OK)
            status = tl_http_post(&a->question, &a->answer, why);
        if (status == TL_OK)
            status = judge(a, &again, why);
    }
    if (status == TL_OK && again)
        status = tl_why_set(why, TL_ERR_TIMEOUT, "others cosign faster than this log is asked for");
    return status;
}

static enum tl_status give(const struct tl_call *call, const struct asking *a, struct tl_why *why)
{
    static const struct tl_column columns[] = {{"witness", "witness", TL_COLUMN_TEXT},
                                               {"leaves", "leaves", TL_COLUMN_NUMBER},
                                               {"file", "file", TL_COLUMN_TEXT},
                                               TL_COLUMN_END};
    const char *out = tl_opt_value(&call->args, "out");
    struct tl_json *row;
    enum tl_status status;

    if (out == NULL && call->out.format == TL_OUT_TABLE) {
        (void)fwrite(a->cosigned.ptr, 1, a->cosigned.len, stdout);
        return TL_OK;
    }
    if (out != NULL) {
        status = tl_file_write(out, tl_buf_bytes(&a->cosigned), TL_FILE_PUBLIC, why);
        if (status != TL_OK)
            return status;
    }
    row = tl_json_object();
    tl_json_set(row, "witness", tl_json_text(a->key.name));
    tl_json_set_int(row, "leaves", (int64_t)a->size);
    if (out != NULL)
        tl_json_set_str(row, "file", out);
    tl_json_set(row, "note", tl_json_text(tl_buf_bytes(&a->cosigned)));
    tl_out_one(&call->out, columns, row);
    tl_json_free(row);
    return TL_OK;
}

/* The URL a witness is known by ends before add-checkpoint. */
static enum tl_status prepare(struct asking *a, const struct tl_args *args, struct tl_why *why)
{
    const char *vkey = tl_opt_value(args, "witness");
    size_t len = strlen(args->word[0]);
    int64_t timeout_s = 30;
    enum tl_status status =
        tl_opt_between(args, "timeout", (struct tl_bounds){1, 86400}, 30, &timeout_s);

    while (len > 0 && args->word[0][len - 1] == '/')
        len--;
    if (status != TL_OK)
        return status;
    if (len + sizeof PATH_ADD > sizeof a->url)
        return tl_why_set(why, TL_ERR_USAGE, "the URL is too long");
    (void)snprintf(a->url, sizeof a->url, "%.*s" PATH_ADD, (int)len, args->word[0]);
    if (vkey == NULL)
        return tl_why_set(why, TL_ERR_USAGE, "give --witness VKEY: whose cosignature it must be");
    status = tl_vkey_parse(&a->key, tl_bytes_str(vkey));
    if (status != TL_OK || a->key.type != TL_NOTE_COSIGNATURE)
        return tl_why_set(why, TL_ERR_USAGE, "\"%s\" is no witness's verifier key", vkey);
    a->question = (struct tl_http_question){
        .url = a->url, .ca = tl_opt_value(args, "ca"), .timeout_ms = (uint32_t)timeout_s * 1000u};
    return TL_OK;
}

static int run_ask(struct tl_call *call)
{
    struct tl_connection connection;
    struct asking a = {.request = tl_mem_new(TL_WITNESS_BYTES_MAX, 1)};
    uint8_t *memory = tl_mem_new(TL_NOTE_BYTES_MAX + ANSWER_MAX, 1);
    struct tl_why why = {""};
    enum tl_status status = tl_cmd_words(call, 1, 1, "the witness's URL");
    int code;

    a.cosigned = tl_buf(memory, TL_NOTE_BYTES_MAX);
    a.answer.body = tl_buf(memory + TL_NOTE_BYTES_MAX, ANSWER_MAX);
    if (status == TL_OK)
        status = prepare(&a, &call->args, &why);
    if (status == TL_OK && (status = tl_connect(&connection, &call->args)) == TL_OK) {
        a.client = connection.client;
        status = ask(&a, &why);
        if (status == TL_OK)
            status = give(call, &a, &why);
        tl_disconnect(&connection);
    }
    code = tl_status_exit(status);
    if (why.text[0] != '\0' && status != TL_OK)
        code = tl_fail(status, NULL, "no cosignature of '%s': %s", call->args.word[0], why.text);
    tl_mem_free(memory);
    tl_mem_free(a.request);
    return code;
}

const struct tl_cmd tl_cmd_witness_serve = {
    .name = "witness serve",
    .usage = "DIR --log POLICY [--listen URL] [--name NAME]",
    .summary = "cosign the checkpoints of logs that only ever grow (C2SP tlog-witness)",
    .more =
        "Answers POST /add-checkpoint.  DIR holds the witness's key and what it cosigned last of\n"
        "each log, which is on disk before a cosignature leaves.  POLICY is a tlog-policy with\n"
        "`log` lines: `tally tiles` writes one.  Prints the verifier key; ends on SIGTERM.",
    .options = serve_options,
    .run = run_serve};

const struct tl_cmd tl_cmd_witness_ask = {
    .name = "witness ask",
    .usage = "URL --witness VKEY [--out FILE]",
    .summary = "have a witness cosign a node's checkpoint",
    .more =
        "The node's checkpoint goes to URL/add-checkpoint with the proof that it continues what\n"
        "the witness cosigned last.  Ends with 20 when the node's log is shorter than that, with\n"
        "21 when it is another one.",
    .options = ask_options,
    .run = run_ask};
