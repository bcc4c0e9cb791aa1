/* Signed notes, verifier keys, checkpoints and tlog proofs against vectors that
 * other projects published and one that an independent script made. */
#include "tl/base64.h"
#include "tl/hash.h"
#include "tl/note.h"

#include "shared.h"
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ORIGIN "ledger.example/consortium-1"

static struct tl_note_key parse_key(const char *text)
{
    struct tl_note_key key;

    assert_int_equal(tl_vkey_parse(&key, tl_bytes_str(text)), TL_OK);
    return key;
}

/* ---- base64 ---- */

static void test_base64_of_rfc_4648(void **state)
{
    static const char *const pairs[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        uint8_t bytes[16];
        struct tl_buf out = tl_buf(bytes, sizeof bytes);
        uint8_t back[16];
        size_t len;

        tl_base64_write(&out, tl_bytes_str(pairs[i][0]));
        assert_true(tl_bytes_eq(tl_buf_bytes(&out), tl_bytes_str(pairs[i][1])));
        assert_true(tl_base64_read(back, sizeof back, tl_bytes_str(pairs[i][1]), &len));
        assert_true(tl_bytes_eq(tl_bytes(back, len), tl_bytes_str(pairs[i][0])));
    }
}

static void test_base64_has_one_spelling(void **state)
{
    static const char *const wrong[] = {
        "Z",    "Zg",   "Zg=",  "Zh==", "Zm9=", "====",     "Z===",     "Zg==Zg==", "Zm9v\n",
        "Zm-v", "Zm_v", "Zm 9", "=m9v", "Zm=v", "Zg==Zm9v", "Zm9vZg=a", "Zm9vZ=ga",
    };
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (tl_base64_read(NULL, 0, tl_bytes_str(wrong[i]), &len))
            fail_msg("accepted \"%s\"", wrong[i]);
        assert_int_equal(len, 0);
    }
}

/* ---- verifier keys ---- */

static void assert_key_vector(const json_t *vector)
{
    const char *text = vector_text(vector, "vkey");
    struct tl_note_key key = parse_key(text);
    uint8_t bytes[512];
    struct tl_buf out = tl_buf(bytes, sizeof bytes);

    tl_vkey_write(&out, &key);
    assert_true(tl_bytes_eq(tl_buf_bytes(&out), tl_bytes_str(text)));
    if (json_object_get(vector, "type") != NULL)
        assert_int_equal(key.type, vector_uint(vector, "type"));
}

static void each_in(const char *path, void visit(const json_t *vector))
{
    json_t *all = vector_load(path);
    size_t i;
    const json_t *vector;

    if (all == NULL)
        skip();
    json_array_foreach(all, i, vector) visit(vector);
    assert_true(i > 0);
    json_decref(all);
}

static void test_verifier_keys(void **state)
{
    (void)state;
    each_in("vectors/c2sp-notes/keyids.json", assert_key_vector);
    each_in("vectors/c2sp-notes/signed-notes.json", assert_key_vector);
}

static void test_malformed_verifier_keys(void **state)
{
    static const struct {
        const char *text;
        enum tl_status status;
    } cases[] = {
        {"", TL_ERR_ENCODING},
        {"TEST", TL_ERR_ENCODING},
        {"TEST+7997405c", TL_ERR_ENCODING},
        {"TEST+7997405C+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6", TL_ERR_ENCODING},
        {"TEST+7997405+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6", TL_ERR_ENCODING},
        {"TEST+7997405d+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6", TL_ERR_PROOF},
        {"TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr", TL_ERR_ENCODING},
        {"TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6", TL_ERR_RANGE},
        {"TEST+7997405c+AwcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6", TL_ERR_RANGE},
        {"TE ST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6", TL_ERR_RANGE},
        {"+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6", TL_ERR_RANGE},
        {"T\xe2\x80\x83ST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6", TL_ERR_RANGE},
    };
    struct tl_note_key key;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum tl_status status = tl_vkey_parse(&key, tl_bytes_str(cases[i].text));

        if (status != cases[i].status)
            fail_msg("\"%s\": %s", cases[i].text, tl_status_text(status));
        assert_int_equal(key.name.len, 0);
    }
}

/* ---- notes ---- */

static void assert_note_vector(const json_t *vector)
{
    struct tl_note_key key = parse_key(vector_text(vector, "vkey"));
    struct tl_bytes bytes = tl_bytes_str(vector_text(vector, "note"));
    struct tl_note note;
    uint64_t time_s;

    assert_int_equal(tl_note_parse(&note, bytes), TL_OK);
    assert_int_equal(note.count, 1);
    assert_int_equal(tl_note_verify(&note, &key, &time_s), TL_OK);
    assert_int_equal(time_s, 0);
    note.text.len--;
    assert_int_equal(tl_note_verify(&note, &key, &time_s), TL_ERR_SIGNATURE);
}

static void test_published_notes(void **state)
{
    (void)state;
    each_in("vectors/c2sp-notes/signed-notes.json", assert_note_vector);
}

#define LINE "\xe2\x80\x94 a AAAAAAA=\n"

static void test_malformed_notes(void **state)
{
    static const char *const wrong[] = {
        "",
        "\n",
        "\n\n",
        "text\n",
        "text\n\n",
        "text" LINE,
        "text\n" LINE,
        "\n\n\n\xe2\x80\x94 a AAAAAAA=",
        "text\n\n\xe2\x80\x94 a AAAAAAA=",
        "text\n\n\xe2\x80\x94 a AAAA\n",
        "text\n\n\xe2\x80\x94 a AAAAAA==\n",
        "text\n\n\xe2\x80\x94  AAAAAAA=\n",
        "text\n\n\xe2\x80\x94 a  AAAAAAA=\n",
        "text\n\n\xe2\x80\x94 a+b AAAAAAA=\n",
        "text\n\n- a AAAAAAA=\n",
        "text\n\n" LINE "more\n",
        "te\txt\n\n" LINE,
        "te\xffxt\n\n" LINE,
        "te\r\n\n" LINE,
        "text\n\n\xe2\x80\x94 a\xc2\xa0"
        "b AAAAAAA=\n",
    };
    struct tl_note note;

    (void)state;
    assert_int_equal(tl_note_parse(&note, tl_bytes_str("text\n\n" LINE)), TL_OK);
    assert_int_equal(tl_note_parse(&note, tl_bytes_str("a\n\nb\n\n" LINE LINE)), TL_OK);
    assert_int_equal(note.text.len, 5);
    assert_int_equal(note.count, 2);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (tl_note_parse(&note, tl_bytes_str(wrong[i])) != TL_ERR_ENCODING)
            fail_msg("case %zu", i);
        assert_int_equal(note.text.len + note.lines.len, 0);
    }
}

static void test_many_signatures(void **state)
{
    static uint8_t bytes[8192];
    struct tl_buf out = tl_buf(bytes, sizeof bytes);
    struct tl_note note;

    (void)state;
    tl_note_open(&out, tl_bytes_str("text\n"));
    for (uint32_t i = 0; i < TL_NOTE_LINES_MAX; i++)
        tl_buf_put(&out, LINE, sizeof LINE - 1);
    assert_int_equal(tl_note_parse(&note, tl_buf_bytes(&out)), TL_OK);
    assert_int_equal(note.count, TL_NOTE_LINES_MAX);
    tl_buf_put(&out, LINE, sizeof LINE - 1);
    assert_false(out.full);
    assert_int_equal(tl_note_parse(&note, tl_buf_bytes(&out)), TL_ERR_RANGE);
}

/* ---- the ledger's own evidence, made by an independent script ---- */

static void vector_keys(struct tl_pubkey *pub, struct tl_seckey *sec, const char *role)
{
    char text[64];
    struct tl_hash seed;

    assert_true(snprintf(text, sizeof text, "dlx-vector/%s", role) < (int)sizeof text);
    tl_hash_plain(&seed, tl_bytes_str(text));
    tl_keypair(pub, sec, seed.b);
}

static void cosign_as(struct tl_buf *out, struct tl_bytes text, uint32_t member)
{
    char role[32];
    char name[64];
    struct tl_pubkey pub;
    struct tl_seckey sec;
    struct tl_note_key key;

    (void)snprintf(role, sizeof role, "cosign/m%u", member);
    (void)snprintf(name, sizeof name, ORIGIN "/m%u", member);
    vector_keys(&pub, &sec, role);
    assert_int_equal(tl_note_key_set(&key, tl_bytes_str(name), TL_NOTE_COSIGNATURE, &pub), TL_OK);
    tl_note_cosign(out, text, &key, 1760000000u + member, &sec);
}

static void hash_entries(struct tl_hash *leaves, struct tl_hash *root)
{
    struct tl_frontier frontier;
    char entry[16];

    tl_frontier_init(&frontier);
    for (int i = 0; i < 7; i++) {
        (void)snprintf(entry, sizeof entry, "entry-%d", i);
        tl_merkle_leaf(&leaves[i], tl_bytes_str(entry));
        tl_frontier_add(&frontier, &leaves[i]);
    }
    tl_frontier_root(&frontier, root);
}

/* Signing is deterministic: we must make the very bytes the script made. */
static void test_checkpoint_byte_for_byte(void **state)
{
    size_t len;
    char *want = test_read_shared("vectors/ours/checkpoint.txt", &len);
    uint8_t text_bytes[TL_CHECKPOINT_TEXT_MAX];
    struct tl_buf text = tl_buf(text_bytes, sizeof text_bytes);
    uint8_t note_bytes[4096];
    struct tl_buf out = tl_buf(note_bytes, sizeof note_bytes);
    struct tl_checkpoint checkpoint = {tl_bytes_str(ORIGIN), 7, {{0}}};
    struct tl_hash leaves[7];
    struct tl_note_key key;
    struct tl_pubkey pub;
    struct tl_seckey sec;

    (void)state;
    if (want == NULL)
        skip();
    hash_entries(leaves, &checkpoint.root);
    tl_checkpoint_write(&text, &checkpoint);
    tl_note_open(&out, tl_buf_bytes(&text));
    vector_keys(&pub, &sec, "log/m0");
    assert_int_equal(tl_note_key_set(&key, checkpoint.origin, TL_NOTE_ED25519, &pub), TL_OK);
    tl_note_sign(&out, tl_buf_bytes(&text), &key, &sec);
    for (uint32_t member = 0; member < 3; member++)
        cosign_as(&out, tl_buf_bytes(&text), member);
    assert_int_equal(out.len, len);
    assert_memory_equal(note_bytes, want, len);
    free(want);
}

/* Takes the verifier keys out of the policy and holds the checkpoint to them. */
static void test_checkpoint_by_policy(void **state)
{
    size_t len;
    char *bytes = test_read_shared("vectors/ours/checkpoint.txt", &len);
    char *policy = test_read_shared("vectors/ours/policy.txt", &len);
    char text[256];
    uint32_t seen = 0;
    struct tl_note note;
    struct tl_checkpoint checkpoint;

    (void)state;
    if (bytes == NULL || policy == NULL)
        skip();
    assert_int_equal(tl_note_parse(&note, tl_bytes_str(bytes)), TL_OK);
    assert_int_equal(tl_checkpoint_parse(&checkpoint, note.text), TL_OK);
    assert_int_equal(checkpoint.size, 7);
    for (char *line = strtok(policy, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        bool witness = sscanf(line, "witness %*s %255s", text) == 1;
        struct tl_note_key key;
        uint64_t time_s;

        if (!witness && sscanf(line, "log %255s", text) != 1)
            continue;
        key = parse_key(text);
        assert_int_equal(key.type, witness ? TL_NOTE_COSIGNATURE : TL_NOTE_ED25519);
        if (tl_note_verify(&note, &key, &time_s) == TL_OK)
            assert_int_equal(time_s, witness ? 1760000000u + seen++ : 0);
        else
            assert_int_equal(tl_note_verify(&note, &key, &time_s), TL_ERR_NOT_FOUND);
    }
    assert_int_equal(seen, 3);
    free(policy);
    free(bytes);
}

static void test_tlog_proof(void **state)
{
    static uint8_t back[8192];
    struct tl_buf out = tl_buf(back, sizeof back);
    size_t len;
    char *bytes = test_read_shared("vectors/ours/entry4.tlog-proof", &len);
    struct tl_hash leaves[7];
    struct tl_hash root;
    struct tl_tlog_proof proof;
    struct tl_checkpoint checkpoint;

    (void)state;
    if (bytes == NULL)
        skip();
    hash_entries(leaves, &root);
    assert_int_equal(tl_tlog_proof_parse(&proof, tl_bytes(bytes, len)), TL_OK);
    assert_int_equal(proof.index, 4);
    assert_int_equal(proof.proof.count, 3);
    for (int i = 0; i < 7; i++)
        assert_int_equal(tl_tlog_proof_check(&proof, &leaves[i], &checkpoint),
                         i == 4 ? TL_OK : TL_ERR_PROOF);
    assert_int_equal(tl_tlog_proof_check(&proof, &leaves[4], &checkpoint), TL_OK);
    assert_true(tl_hash_eq(&checkpoint.root, &root));
    tl_tlog_proof_write(&out, &proof);
    assert_int_equal(out.len, len);
    assert_memory_equal(back, bytes, len);
    free(bytes);
}

/* After any flipped bit of the file either its form, the inclusion or the
 * signature of the log is wrong, or the change hit another member's line. */
static void test_tlog_proof_flipped(void **state)
{
    size_t len;
    char *bytes = test_read_shared("vectors/ours/entry4.tlog-proof", &len);
    struct tl_note_key key;
    struct tl_pubkey pub;
    struct tl_seckey sec;
    struct tl_hash leaf;
    size_t log_line_end;

    (void)state;
    if (bytes == NULL)
        skip();
    log_line_end = (size_t)(strstr(bytes, "\n\xe2\x80\x94 " ORIGIN "/m0") - bytes);
    tl_merkle_leaf(&leaf, tl_bytes_str("entry-4"));
    vector_keys(&pub, &sec, "log/m0");
    assert_int_equal(tl_note_key_set(&key, tl_bytes_str(ORIGIN), TL_NOTE_ED25519, &pub), TL_OK);
    for (size_t bit = 0; bit < 8 * log_line_end; bit++) {
        struct tl_tlog_proof proof;
        struct tl_checkpoint checkpoint;
        struct tl_note note;
        uint64_t time_s;

        bytes[bit / 8] ^= (char)(1 << bit % 8);
        if (tl_tlog_proof_parse(&proof, tl_bytes(bytes, len)) == TL_OK &&
            tl_tlog_proof_check(&proof, &leaf, &checkpoint) == TL_OK) {
            assert_int_equal(tl_note_parse(&note, proof.checkpoint), TL_OK);
            if (tl_note_verify(&note, &key, &time_s) == TL_OK)
                fail_msg("bit %zu of byte %zu changed nothing", bit % 8, bit / 8);
        }
        bytes[bit / 8] ^= (char)(1 << bit % 8);
    }
    free(bytes);
}

static void test_checkpoint_has_one_spelling(void **state)
{
    static const char root[] = "kTlgHMHKirKnoMLBNMBIRfKxulSag9bIRc/NpDnMWF0=";
    static const char *const heads[] = {
        "\n7\n",   "a\n07\n", "a\n+7\n", "a\n\n",    "a\n18446744073709551616\n",
        "a\n7 \n", "a\n-1\n", "a\n7",    "a\n0x7\n",
    };
    struct tl_checkpoint checkpoint;
    char text[128];

    (void)state;
    (void)snprintf(text, sizeof text, "a\n18446744073709551615\n%s\n", root);
    assert_int_equal(tl_checkpoint_parse(&checkpoint, tl_bytes_str(text)), TL_OK);
    assert_true(checkpoint.size == UINT64_MAX);
    (void)snprintf(text, sizeof text, "a\n7\n%s\nextension\n", root);
    assert_int_equal(tl_checkpoint_parse(&checkpoint, tl_bytes_str(text)), TL_ERR_ENCODING);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        (void)snprintf(text, sizeof text, "%s%s\n", heads[i], root);
        if (tl_checkpoint_parse(&checkpoint, tl_bytes_str(text)) != TL_ERR_ENCODING)
            fail_msg("accepted \"%s\"", heads[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64_of_rfc_4648),
        cmocka_unit_test(test_base64_has_one_spelling),
        cmocka_unit_test(test_verifier_keys),
        cmocka_unit_test(test_malformed_verifier_keys),
        cmocka_unit_test(test_published_notes),
        cmocka_unit_test(test_malformed_notes),
        cmocka_unit_test(test_many_signatures),
        cmocka_unit_test(test_checkpoint_byte_for_byte),
        cmocka_unit_test(test_checkpoint_by_policy),
        cmocka_unit_test(test_tlog_proof),
        cmocka_unit_test(test_tlog_proof_flipped),
        cmocka_unit_test(test_checkpoint_has_one_spelling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
