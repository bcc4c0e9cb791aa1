/* The doors of the node: clock, mailbox, workers, clients' socket, keys and log,
 * all of the one machine whose turn it is. */
#include "sim.h"

#include "tl/check.h"
#include "tl/clock.h"
#include "tl/memberdir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct host *now_running;

void machine_is(struct host *host)
{
    now_running = host;
}

struct host *machine(void)
{
    TL_CHECK(now_running != NULL);
    return now_running;
}

/* ---- clock.h ---- */

uint64_t tl_clock_mono_ms(void)
{
    return host_mono_ms(machine());
}

uint64_t tl_clock_mono_us(void)
{
    return tl_clock_mono_ms() * 1000;
}

uint64_t tl_clock_wall_ms(void)
{
    return host_wall_ms(machine());
}

/* ---- mailbox.h ---- */

struct tl_mailbox *tl_mailbox_new(size_t share_bytes)
{
    struct tl_mailbox *box = &machine()->mailbox;

    (void)share_bytes;
    box->host = machine();
    box->first = NULL;
    box->last = &box->first;
    return box;
}

void tl_mailbox_free(struct tl_mailbox *box)
{
    struct tl_mail *next;

    for (struct tl_mail *mail = box == NULL ? NULL : box->first; mail != NULL; mail = next) {
        next = mail->next;
        tl_mail_free(mail);
    }
    if (box != NULL)
        box->first = NULL;
}

struct tl_mail *tl_mail_new(enum tl_mail_kind kind, uint32_t source, struct tl_bytes bytes)
{
    struct tl_mail *mail = grab(1, sizeof *mail + bytes.len);

    mail->kind = kind;
    mail->source = source;
    mail->len = bytes.len;
    if (bytes.len > 0)
        memcpy(mail->bytes, bytes.ptr, bytes.len);
    return mail;
}

void tl_mail_free(struct tl_mail *mail)
{
    free(mail);
}

bool tl_mailbox_post(struct tl_mailbox *box, struct tl_mail *mail)
{
    mail->next = NULL;
    *box->last = mail;
    box->last = &mail->next;
    host_plan(box->host, box->host->sim->now_ms + box->host->slow_ms);
    return true;
}

/* The loop asks for mail once a turn: it gets what there is, and the turn ends. */
struct tl_mail *tl_mailbox_take(struct tl_mailbox *box, uint64_t wait_ms)
{
    struct tl_mail *mail = box->first;

    (void)wait_ms;
    box->first = NULL;
    box->last = &box->first;
    if (box->host->node != NULL)
        box->host->node->stopping = true;
    return mail;
}

uint64_t tl_mailbox_refused(struct tl_mailbox *box)
{
    (void)box;
    return 0;
}

size_t tl_mailbox_bytes(struct tl_mailbox *box)
{
    (void)box;
    return 0;
}

/* ---- workers.h ---- */

struct tl_workers *tl_workers_new(const struct tl_workers_plan *plan)
{
    struct host *host = machine();
    struct tl_workers *w = &host->workers[host->workers_open++ % 3];

    *w = (struct tl_workers){
        .plan = *plan, .host = host, .is_disk = plan->report_as == TL_MAIL_DURABLE};
    return w;
}

bool tl_workers_give(struct tl_workers *w, struct tl_job *job)
{
    struct sim *sim = w->host->sim;
    uint64_t usual_ms = w->is_disk ? sim->options.sync_ms : 1;
    struct tl_job **last = &w->first;
    struct happening *h;

    while (*last != NULL)
        last = &(*last)->next;
    job->next = NULL;
    *last = job;
    h = happen(sim, JOB, chance(sim, usual_ms + 1) + (chance(sim, 50) == 0 ? usual_ms * 10 : 0));
    h->host = w->host->index;
    h->life = w->host->life;
    h->workers = w;
    h->job = job;
    return true;
}

static void run_and_report(struct tl_workers *w, struct tl_job *job)
{
    struct tl_mail *mail = tl_mail_new(w->plan.report_as, TL_MAIL_OURS, TL_BYTES_NONE);

    mail->status = job->run(job);
    mail->work = job;
    TL_CHECK(tl_mailbox_post(w->plan.report_to, mail));
}

/* One of the jobs that wait; syncs come in their order by themselves, since the
 * node gives one at a time. */
void host_job(struct host *host, struct tl_workers *workers, struct tl_job *job)
{
    struct tl_job **at = &workers->first;

    while (*at != NULL && *at != job)
        at = &(*at)->next;
    if (*at == NULL)
        return; /* drained */
    *at = job->next;
    machine_is(host);
    run_and_report(workers, job);
}

void tl_workers_stop(struct tl_workers *w)
{
    while (w->first != NULL) {
        struct tl_job *job = w->first;

        w->first = job->next;
        run_and_report(w, job);
    }
}

void tl_workers_free(struct tl_workers *w)
{
    if (w != NULL)
        tl_workers_stop(w);
}

/* What chance had planned for these jobs finds them gone. */
void tl_workers_drain(struct tl_workers *w)
{
    tl_workers_stop(w);
}

size_t tl_workers_busy(struct tl_workers *w)
{
    size_t busy = 0;

    for (const struct tl_job *job = w->first; job != NULL; job = job->next)
        busy++;
    return busy;
}

/* ---- together.h ---- */

/* Which disk is first is for chance to say. */
struct tl_together {
    struct host *host;
};

struct tl_together *tl_together_new(uint32_t calls)
{
    struct tl_together *together = calloc(1, sizeof *together);

    (void)calls;
    TL_CHECK(together != NULL);
    together->host = machine();
    return together;
}

void tl_together_free(struct tl_together *together)
{
    free(together);
}

void tl_together_run(struct tl_together *together, struct tl_call *calls, size_t count)
{
    size_t first = count < 2 ? 0 : (size_t)chance(together->host->sim, count);

    for (size_t i = 0; i < count; i++) {
        struct tl_call *call = &calls[(first + i) % count];

        call->status = call->run(call->arg);
    }
}

/* ---- net.h ---- */

enum tl_status tl_net_open(struct tl_net **out, const struct tl_net_plan *plan, struct tl_why *why)
{
    (void)plan;
    (void)why;
    *out = NULL;
    return TL_OK;
}

void tl_net_close(struct tl_net *net)
{
    (void)net;
}

void tl_net_send(struct tl_net *net, uint32_t member, enum tl_message number, struct tl_bytes body)
{
    (void)net;
    if (member != machine()->member)
        net_send(machine(), member, (uint32_t)number, body);
}

void tl_net_broadcast(struct tl_net *net, enum tl_message number, struct tl_bytes body)
{
    for (uint32_t m = 0; m < machine()->sim->options.members; m++)
        tl_net_send(net, m, number, body);
}

/* An honest machine never takes an honest member for a liar. */
void tl_net_fault(struct tl_net *net, uint32_t member, uint32_t points, const char *reason)
{
    struct sim *sim = machine()->sim;

    (void)net;
    (void)points;
    if (host_is_honest(machine()) &&
        ((sim->options.twins | sim->options.liars) >> member & 1u) == 0)
        fail_history(sim, SIM_DISAGREEMENT, "machine %u scores honest member %u: %s",
                     machine()->index, member, reason);
}

void tl_net_peer(struct tl_net *net, uint32_t member, struct tl_net_peer *out)
{
    (void)net;
    (void)member;
    *out = (struct tl_net_peer){.in = true, .out = true};
}

uint64_t tl_net_strangers(struct tl_net *net)
{
    (void)net;
    return 0;
}

/* ---- api_socket.h ---- */

enum tl_status tl_api_socket_open(struct tl_api_socket **out, const struct tl_api_socket_plan *plan,
                                  struct tl_why *why)
{
    (void)plan;
    (void)why;
    *out = NULL;
    return TL_OK;
}

void tl_api_socket_close(struct tl_api_socket *api)
{
    (void)api;
}

/* A conversation's number ends in the client's: so the answer finds it. */
void tl_api_answer(struct tl_api_socket *api, uint64_t conversation, struct tl_bytes reply)
{
    struct host *host = machine();
    struct happening *h = happen(host->sim, ANSWER, 1 + chance(host->sim, 5));
    struct tl_submitted submitted;
    struct tl_reply decoded;

    (void)api;
    h->host = (uint32_t)(conversation % TL_MEMBERS_MAX);
    h->bytes = grab(reply.len, 1);
    h->len = reply.len;
    memcpy(h->bytes, reply.ptr, reply.len);
    if (tl_record_decode(&tl_reply_record, &decoded, reply) == TL_OK && decoded.status == TL_OK &&
        tl_record_decode(&tl_submitted_record, &submitted, decoded.body) == TL_OK)
        check_ack(host->sim, host, &submitted);
}

/* ---- files, keys, identities ---- */

enum tl_status tl_file_read(const char *path, size_t max, struct tl_file_bytes *out,
                            struct tl_why *why)
{
    const struct consortium *c = &machine()->sim->consortium;
    const struct sim_file *file = &machine()->disk.file[strstr(path, "journal-b") != NULL ? 1 : 0];
    struct tl_bytes bytes =
        strstr(path, "journal") == NULL ? c->file : tl_bytes(file->live, file->live_len);

    if (bytes.len > max)
        return tl_why_set(why, TL_ERR_LIMIT, "\"%s\" is too long", path);
    out->text = grab(bytes.len + 1, 1);
    out->len = bytes.len;
    memcpy(out->text, bytes.ptr, bytes.len);
    return TL_OK;
}

void tl_file_bytes_free(struct tl_file_bytes *bytes)
{
    free(bytes->text);
    bytes->text = NULL;
}

enum tl_status tl_dir_make(const char *path, enum tl_file_privacy privacy, struct tl_why *why)
{
    (void)path;
    (void)privacy;
    (void)why;
    return TL_OK;
}

enum tl_status tl_dir_lock(struct tl_dirlock *lock, const char *dir, struct tl_why *why)
{
    (void)dir;
    (void)why;
    lock->fd = -1;
    return TL_OK;
}

void tl_dir_unlock(struct tl_dirlock *lock)
{
    (void)lock;
}

bool tl_path_join(char *out, size_t cap, const char *dir, const char *name)
{
    int len = snprintf(out, cap, "%s/%s", dir, name);

    return len > 0 && (size_t)len < cap;
}

/* Machines here keep no vault: nothing asks for these. */
enum tl_status tl_dir_sync(const char *path, struct tl_why *why)
{
    (void)path;
    (void)why;
    return TL_ERR_IO;
}

/* The marks of rejoin.c; disk.c knows them by name. */
bool tl_memberdir_path(char *out, size_t cap, const char *dir, enum tl_memberdir_item item)
{
    const char *name = item == TL_MEMBERDIR_NEVER_VOTED ? "never-voted"
                       : item == TL_MEMBERDIR_REJOIN    ? "rejoin"
                                                        : "fencing";

    return tl_path_join(out, cap, dir, name);
}

void tl_random(void *out, size_t len)
{
    uint8_t *bytes = out;

    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)chance(machine()->sim, 256);
}

void tl_wipe(void *memory, size_t len)
{
    memset(memory, 0, len);
}

enum tl_status tl_keyfile_load(struct tl_keyfile *key, const char *path, enum tl_key_role role,
                               struct tl_why *why)
{
    const struct consortium *c = &machine()->sim->consortium;
    uint32_t m = machine()->member;
    struct tl_member member;

    (void)path;
    (void)why;
    memset(key, 0, sizeof *key);
    key->role = role;
    key->sec = role == TL_KEY_CONSENSUS
                   ? *sim_consensus_key(machine()->sim, m, machine()->node->epoch.number)
               : role == TL_KEY_LOG ? c->log[m]
                                    : c->cosign[m];
    memcpy(key->pub.b, key->sec.b + TL_SEED_BYTES, sizeof key->pub.b);
    if (role == TL_KEY_VAULT && tl_genesis_member(&c->genesis, m, &member))
        key->pub = member.vault_key;
    return TL_OK;
}

void tl_keyfile_wipe(struct tl_keyfile *key)
{
    memset(key, 0, sizeof *key);
}

enum tl_status tl_tls_identity_load(struct tl_tls_identity *identity, const char *key_path,
                                    const char *cert_path, struct tl_why *why)
{
    struct tl_member member;

    (void)key_path;
    (void)cert_path;
    (void)why;
    memset(identity, 0, sizeof *identity);
    TL_CHECK(tl_genesis_member(&machine()->sim->consortium.genesis, machine()->member, &member));
    memcpy(identity->cert_der, member.tls_cert.ptr, member.tls_cert.len);
    identity->cert_der_len = member.tls_cert.len;
    return TL_OK;
}

void tl_tls_identity_wipe(struct tl_tls_identity *identity)
{
    memset(identity, 0, sizeof *identity);
}

/* ---- logline.h ---- */

bool tl_log_on(enum tl_log_level level)
{
    return level >= TL_LOG_ODD || machine()->sim->verbose;
}

static void print_field(const struct tl_log_field *field)
{
    if (field->kind == TL_LOG_UINT || field->kind == TL_LOG_INT)
        (void)printf(" %s=%llu", field->key, (unsigned long long)field->number);
    else
        (void)printf(" %s=%.*s", field->key, (int)field->text.len, (const char *)field->text.ptr);
}

void tl_log_fields(enum tl_log_level level, const char *event, const struct tl_log_field *fields)
{
    struct host *host = machine();

    (void)level;
    check_log(host, event, fields);
    if (!host->sim->verbose)
        return;
    (void)printf("%8llu machine %u %s", (unsigned long long)host->sim->now_ms, host->index, event);
    for (const struct tl_log_field *f = fields; f->kind != TL_LOG_END; f++)
        print_field(f);
    (void)printf("\n");
}

struct tl_log_field tl_log_text(const char *key, struct tl_bytes text)
{
    return (struct tl_log_field){.kind = TL_LOG_TEXT, .key = key, .text = text};
}

struct tl_log_field tl_log_str(const char *key, const char *text)
{
    return tl_log_text(key, tl_bytes_str(text == NULL ? "" : text));
}

struct tl_log_field tl_log_uint(const char *key, uint64_t number)
{
    return (struct tl_log_field){.kind = TL_LOG_UINT, .key = key, .number = number};
}

struct tl_log_field tl_log_int(const char *key, int64_t number)
{
    return (struct tl_log_field){.kind = TL_LOG_INT, .key = key, .number = (uint64_t)number};
}

struct tl_log_field tl_log_hash(const char *key, const struct tl_hash *hash)
{
    return tl_log_uint(key, tl_get_u64be(hash->b));
}
