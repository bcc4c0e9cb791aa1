/* The RFC 6962 tree against published vectors and against the definition. */
#include "tl/hash.h"
#include "tl/merkle.h"

#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TREE_MAX 200u

/* ---- the definition, word for word from RFC 6962 section 2.1 ---- */

static struct tl_hash leaves[TREE_MAX];

static uint64_t split_of(uint64_t n)
{
    uint64_t k = 1;

    while (k * 2 < n)
        k *= 2;
    return k;
}

static struct tl_hash naive_root(uint64_t from, uint64_t n);

/* NOLINTNEXTLINE(misc-no-recursion): the definition is recursive */
static struct tl_hash define_root(uint64_t from, uint64_t n)
{
    struct tl_hash left;
    struct tl_hash right;

    if (n == 0) {
        tl_hash_plain(&left, TL_BYTES_NONE);
        return left;
    }
    if (n == 1)
        return leaves[from];
    left = naive_root(from, split_of(n));
    right = naive_root(from + split_of(n), n - split_of(n));
    tl_merkle_node(&left, &left, &right);
    return left;
}

/* The same, each root worked out once. */
/* NOLINTNEXTLINE(misc-no-recursion): the definition is recursive */
static struct tl_hash naive_root(uint64_t from, uint64_t n)
{
    static struct tl_hash known[TREE_MAX][TREE_MAX + 1];

    if (tl_hash_is_zero(&known[from][n]))
        known[from][n] = define_root(from, n);
    return known[from][n];
}

static void push(struct tl_proof *proof, struct tl_hash hash)
{
    proof->hash[proof->count++] = hash;
}

/* NOLINTNEXTLINE(misc-no-recursion): PATH(m, D[n]) of RFC 6962 section 2.1.1 */
static void naive_path(uint64_t m, uint64_t from, uint64_t n, struct tl_proof *proof)
{
    uint64_t k = split_of(n);

    if (n == 1)
        return;
    if (m < k) {
        naive_path(m, from, k, proof);
        push(proof, naive_root(from + k, n - k));
    } else {
        naive_path(m - k, from + k, n - k, proof);
        push(proof, naive_root(from, k));
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): SUBPROOF of RFC 6962 section 2.1.2 */
static void naive_subproof(uint64_t m, uint64_t from, uint64_t n, bool whole,
                           struct tl_proof *proof)
{
    uint64_t k = split_of(n);

    if (m == n) {
        if (!whole)
            push(proof, naive_root(from, n));
    } else if (m <= k) {
        naive_subproof(m, from, k, whole, proof);
        push(proof, naive_root(from + k, n - k));
    } else {
        naive_subproof(m - k, from + k, n - k, false, proof);
        push(proof, naive_root(from, k));
    }
}

/* ---- the tree under test ---- */

static enum tl_status complete_node(void *host, uint32_t level, uint64_t index, struct tl_hash *out)
{
    uint64_t width = (uint64_t)1 << level;

    assert_true((index + 1) * width <= *(const uint64_t *)host);
    *out = naive_root(index * width, width);
    return TL_OK;
}

static void assert_same_proof(const struct tl_proof *a, const struct tl_proof *b)
{
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->hash, b->hash, a->count * sizeof a->hash[0]);
}

static int fill_leaves(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < TREE_MAX; i++) {
        uint8_t number[4];

        tl_put_u32be(number, i);
        tl_merkle_leaf(&leaves[i], tl_bytes(number, sizeof number));
    }
    return 0;
}

static void test_known_hashes(void **state)
{
    struct tl_hash hash;
    char hex[65];

    (void)state;
    tl_merkle_empty(&hash);
    tl_hex(hex, tl_bytes(hash.b, sizeof hash.b));
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    tl_merkle_leaf(&hash, TL_BYTES_NONE);
    tl_hex(hex, tl_bytes(hash.b, sizeof hash.b));
    assert_string_equal(hex, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

static void test_frontier_is_the_definition(void **state)
{
    struct tl_frontier frontier;
    struct tl_hash root;
    struct tl_hash naive;

    (void)state;
    tl_frontier_init(&frontier);
    for (uint64_t n = 0; n < TREE_MAX; n++) {
        tl_frontier_root(&frontier, &root);
        naive = naive_root(0, n);
        assert_true(tl_hash_eq(&root, &naive));
        tl_frontier_add(&frontier, &leaves[n]);
        assert_int_equal(frontier.size, n + 1);
    }
}

static void test_inclusion_for_all_sizes(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= TREE_MAX; n++) {
        struct tl_node_source source = {complete_node, &n};
        struct tl_hash root = naive_root(0, n);

        for (uint64_t i = 0; i < n; i++) {
            struct tl_proof proof;
            struct tl_proof naive = {0};

            naive_path(i, 0, n, &naive);
            assert_int_equal(tl_inclusion_prove(&source, i, n, &proof), TL_OK);
            assert_same_proof(&proof, &naive);
            assert_int_equal(tl_inclusion_verify(&leaves[i], i, n, &proof, &root), TL_OK);
        }
    }
}

static void test_consistency_for_all_sizes(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= TREE_MAX; n++) {
        struct tl_node_source source = {complete_node, &n};
        struct tl_hash root2 = naive_root(0, n);

        for (uint64_t m = 1; m <= n; m++) {
            struct tl_hash root1 = naive_root(0, m);
            struct tl_proof proof;
            struct tl_proof naive = {0};

            naive_subproof(m, 0, n, true, &naive);
            assert_int_equal(tl_consistency_prove(&source, m, n, &proof), TL_OK);
            assert_same_proof(&proof, &naive);
            assert_int_equal(tl_consistency_verify(m, n, &proof, &root1, &root2), TL_OK);
        }
    }
}

/* Every single change to a true claim makes it false. */
static void test_inclusion_is_exact(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 40; n++) {
        struct tl_node_source source = {complete_node, &n};
        struct tl_hash root = naive_root(0, n);
        struct tl_proof proof;

        for (uint64_t i = 0; i < n; i++) {
            assert_int_equal(tl_inclusion_prove(&source, i, n, &proof), TL_OK);
            for (uint64_t j = 0; j < n + 2; j++)
                assert_true(j == i ||
                            tl_inclusion_verify(&leaves[i], j, n, &proof, &root) == TL_ERR_PROOF);
            for (uint32_t h = 0; h < proof.count; h++) {
                proof.hash[h].b[h] ^= 1;
                assert_int_equal(tl_inclusion_verify(&leaves[i], i, n, &proof, &root),
                                 TL_ERR_PROOF);
                proof.hash[h].b[h] ^= 1;
            }
            proof.hash[proof.count++] = root;
            assert_int_equal(tl_inclusion_verify(&leaves[i], i, n, &proof, &root), TL_ERR_PROOF);
            if (proof.count < 2)
                continue;
            proof.count -= 2;
            assert_int_equal(tl_inclusion_verify(&leaves[i], i, n, &proof, &root), TL_ERR_PROOF);
        }
    }
}

static void test_impossible_requests(void **state)
{
    uint64_t size = 8;
    struct tl_node_source source = {complete_node, &size};
    struct tl_proof proof = {0};
    struct tl_hash root = naive_root(0, 8);

    (void)state;
    assert_int_equal(tl_inclusion_prove(&source, 8, 8, &proof), TL_ERR_RANGE);
    assert_int_equal(tl_inclusion_prove(&source, 0, 0, &proof), TL_ERR_RANGE);
    assert_int_equal(tl_consistency_prove(&source, 0, 8, &proof), TL_ERR_RANGE);
    assert_int_equal(tl_consistency_prove(&source, 9, 8, &proof), TL_ERR_RANGE);
    assert_int_equal(tl_inclusion_verify(&leaves[0], 0, 0, &proof, &root), TL_ERR_PROOF);
    proof.count = TL_PROOF_HASHES_MAX + 1;
    assert_int_equal(tl_inclusion_verify(&leaves[0], 0, 8, &proof, &root), TL_ERR_PROOF);
    assert_int_equal(tl_consistency_verify(1, 8, &proof, &root, &root), TL_ERR_PROOF);
}

static enum tl_status broken_disk(void *host, uint32_t level, uint64_t index, struct tl_hash *out)
{
    (void)host, (void)level, (void)index, (void)out;
    return TL_ERR_STORE;
}

static void test_a_failing_store_is_reported(void **state)
{
    struct tl_node_source source = {broken_disk, NULL};
    struct tl_proof proof;

    (void)state;
    assert_int_equal(tl_inclusion_prove(&source, 3, 7, &proof), TL_ERR_STORE);
    assert_int_equal(proof.count, 0);
    assert_int_equal(tl_consistency_prove(&source, 3, 7, &proof), TL_ERR_STORE);
    assert_int_equal(proof.count, 0);
}

/* ---- transparency-dev/merkle ---- */

/* A hash out of a vector; false when it is not 32 bytes, which our types
 * cannot even express: such a vector must expect an error. */
static bool vector_hash(struct tl_hash *out, const char *text)
{
    uint8_t bytes[64];
    size_t len = vector_base64(bytes, sizeof bytes, text);

    memset(out, 0, sizeof *out);
    if (len != sizeof out->b)
        return false;
    memcpy(out->b, bytes, sizeof out->b);
    return true;
}

/* Some vectors have words for roots that are only compared; they are filled up
 * with zeros. */
static bool vector_root(struct tl_hash *out, const char *text)
{
    uint8_t bytes[64];
    size_t len = vector_base64(bytes, sizeof bytes, text);

    memset(out, 0, sizeof *out);
    if (len > sizeof out->b)
        return false;
    memcpy(out->b, bytes, len);
    return true;
}

static bool vector_proof(struct tl_proof *out, const json_t *vector)
{
    const json_t *list = json_object_get(vector, "proof");
    size_t count = json_array_size(list);

    *out = (struct tl_proof){0};
    for (size_t i = 0; i < count && i < TL_PROOF_HASHES_MAX; i++) {
        if (!vector_hash(&out->hash[i], json_string_value(json_array_get(list, i))))
            return false;
        out->count++;
    }
    return count <= TL_PROOF_HASHES_MAX;
}

static void assert_expected(const char *name, const json_t *vector, bool good)
{
    if (good == json_is_true(json_object_get(vector, "wantErr")))
        fail_msg("%s: %s", name, good ? "accepted" : "refused");
}

static void inclusion_vector(const char *name, const json_t *vector)
{
    struct tl_hash root;
    struct tl_hash leaf;
    struct tl_proof proof;
    bool good = vector_root(&root, vector_text(vector, "root")) &&
                vector_hash(&leaf, vector_text(vector, "leafHash")) && vector_proof(&proof, vector);

    good = good && tl_inclusion_verify(&leaf, vector_uint(vector, "leafIdx"),
                                       vector_uint(vector, "treeSize"), &proof, &root) == TL_OK;
    assert_expected(name, vector, good);
}

/* Inclusion in a subtree that begins at 0 is inclusion in a tree. */
static size_t subtree_count;

static void subtree_inclusion_vector(const char *name, const json_t *vector)
{
    struct tl_hash root;
    struct tl_hash leaf;
    struct tl_proof proof;
    bool good = vector_root(&root, vector_text(vector, "root")) &&
                vector_hash(&leaf, vector_text(vector, "leafHash")) && vector_proof(&proof, vector);

    if (vector_uint(vector, "start") != 0)
        return;
    subtree_count++;
    good = good && tl_inclusion_verify(&leaf, vector_uint(vector, "leafIdx"),
                                       vector_uint(vector, "end"), &proof, &root) == TL_OK;
    assert_expected(name, vector, good);
}

static void consistency_vector(const char *name, const json_t *vector)
{
    struct tl_hash root1;
    struct tl_hash root2;
    struct tl_proof proof;
    bool good = vector_root(&root1, vector_text(vector, "root1")) &&
                vector_root(&root2, vector_text(vector, "root2")) && vector_proof(&proof, vector);

    good = good && tl_consistency_verify(vector_uint(vector, "size1"), vector_uint(vector, "size2"),
                                         &proof, &root1, &root2) == TL_OK;
    assert_expected(name, vector, good);
}

/* Consistency from a subtree that begins at 0 is consistency from a tree; of the
 * empty one they say it always holds and tlog-witness that it must not be asked. */
static void subtree_consistency_vector(const char *name, const json_t *vector)
{
    struct tl_hash root1;
    struct tl_hash root2;
    struct tl_proof proof;
    bool good = vector_root(&root1, vector_text(vector, "root1")) &&
                vector_root(&root2, vector_text(vector, "root2")) && vector_proof(&proof, vector);

    if (vector_uint(vector, "start") != 0 || vector_uint(vector, "end") == 0)
        return;
    subtree_count++;
    good = good && tl_consistency_verify(vector_uint(vector, "end"), vector_uint(vector, "size"),
                                         &proof, &root1, &root2) == TL_OK;
    assert_expected(name, vector, good);
}

/* None: they are not at hand.  Otherwise every one of them was read. */
static void assert_seen(size_t count, size_t want)
{
    if (count == 0)
        skip();
    assert_int_equal(count, want);
    print_message("%zu vectors\n", count);
}

#define TESTDATA "vectors/transparency-dev-merkle/testdata/"

static void test_inclusion_vectors(void **state)
{
    (void)state;
    assert_seen(vector_each(TESTDATA "inclusion", inclusion_vector), 98);
}

static void test_consistency_vectors(void **state)
{
    (void)state;
    assert_seen(vector_each(TESTDATA "consistency", consistency_vector), 98);
}

static void test_subtree_vectors(void **state)
{
    (void)state;
    (void)vector_each(TESTDATA "subtreeinclusion", subtree_inclusion_vector);
    assert_seen(subtree_count, 101);
}

static void test_subtree_growth_vectors(void **state)
{
    (void)state;
    subtree_count = 0;
    (void)vector_each(TESTDATA "subtreeconsistency", subtree_consistency_vector);
    assert_seen(subtree_count, 91);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_hashes),
        cmocka_unit_test(test_frontier_is_the_definition),
        cmocka_unit_test(test_inclusion_for_all_sizes),
        cmocka_unit_test(test_consistency_for_all_sizes),
        cmocka_unit_test(test_inclusion_is_exact),
        cmocka_unit_test(test_impossible_requests),
        cmocka_unit_test(test_a_failing_store_is_reported),
        cmocka_unit_test(test_inclusion_vectors),
        cmocka_unit_test(test_consistency_vectors),
        cmocka_unit_test(test_subtree_vectors),
        cmocka_unit_test(test_subtree_growth_vectors),
    };

    return cmocka_run_group_tests(tests, fill_leaves, NULL);
}
