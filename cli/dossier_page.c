/* The page of a dossier: one file of HTML, no scripts, nothing fetched, good on
 * paper. */
#include "dossier.h"

#include "tl/base64.h"
#include "tl/hash.h"

#include "mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct page {
    FILE *to;
    const struct tl_json *model;
    const char *currency;
    uint32_t decimals;
};

static const char style[] =
    ":root{--ink:#1c2321;--soft:#5d6965;--line:#d9ddd7;--paper:#fff;--ground:#eef0ea;"
    "--good:#1d5b4c;--tint:#eaf2ee;--warn:#8a4b08}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--ground);color:var(--ink);"
    "font:15px/1.5 'Source Sans 3','Noto Sans','Liberation Sans',Arial,sans-serif}"
    "main{max-width:54rem;margin:2rem auto;background:var(--paper);padding:3rem 3.5rem;"
    "box-shadow:0 1px 3px #0002}"
    "h1,h2{font-family:'Source Serif 4','Noto Serif','Liberation Serif',Georgia,serif;"
    "font-weight:600;line-height:1.2}"
    "h1{font-size:2rem;margin:.2rem 0 .3rem}"
    "h2{font-size:1.25rem;margin:2.4rem 0 .8rem;padding-top:.9rem;border-top:2px solid var(--ink)}"
    "p{margin:.4rem 0}.soft{color:var(--soft)}"
    "code,.hash{font:.82em 'Noto Sans Mono','Liberation Mono',monospace;overflow-wrap:anywhere}"
    ".kicker{text-transform:uppercase;letter-spacing:.09em;font-size:.75rem;color:var(--soft)}"
    ".verdict{background:var(--tint);border-left:5px solid var(--good);padding:1rem 1.3rem;"
    "margin:1.6rem 0}"
    ".verdict strong{color:var(--good);font-size:1.1rem;display:block}"
    ".facts{display:grid;grid-template-columns:repeat(4,1fr);gap:1px;background:var(--line);"
    "border:1px solid var(--line);margin:1.4rem 0}"
    ".facts div{background:var(--paper);padding:.7rem .9rem}"
    ".facts b{display:block;font-size:1.1rem;font-weight:600}"
    "table{border-collapse:collapse;width:100%;margin:.6rem 0 1.2rem}"
    "th{font-weight:600;text-align:left;font-size:.8rem;color:var(--soft);"
    "border-bottom:1px solid var(--ink)}"
    "th,td{padding:.34rem .6rem .34rem 0;vertical-align:top}"
    "td{border-bottom:1px solid var(--line)}"
    ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;padding-right:0;"
    "padding-left:1rem}"
    "tfoot td{border-bottom:3px double var(--ink);border-top:1px solid var(--ink);"
    "font-weight:600}"
    ".warn{color:var(--warn)}"
    "ol{list-style:none;margin:0;padding:0}"
    ".line>li{display:grid;grid-template-columns:6.2rem 1fr;position:relative}"
    ".line time{color:var(--soft);font-variant-numeric:tabular-nums;padding-top:.05rem}"
    ".line>li>div{border-left:2px solid var(--line);padding:0 0 1.05rem 1.4rem;position:relative}"
    ".line>li>div::before{content:'';position:absolute;left:-7px;top:.42rem;width:12px;height:12px;"
    "border-radius:50%;background:var(--good);border:2px solid var(--paper)}"
    ".line .decision>div::before{background:var(--paper);border:2px solid var(--soft);width:10px;"
    "height:10px;left:-6px}"
    ".line b{font-weight:600}.line .decision b{font-weight:400}"
    ".line p{margin:0;font-size:.88rem;color:var(--soft)}"
    ".tag{float:right;font-size:.78rem;color:var(--good);margin-left:1rem;white-space:nowrap}"
    ".evidence{display:inline-block;border:1px solid var(--good);color:var(--good);"
    "padding:.4rem .9rem;text-decoration:none;margin:.4rem 0}"
    "pre{background:var(--ground);padding:.8rem 1rem;margin:.6rem 0;white-space:pre-wrap;"
    "font:.84rem/1.5 'Noto Sans Mono','Liberation Mono',monospace}"
    "@media(max-width:46rem){main{margin:0;padding:1.4rem}.facts{grid-template-columns:1fr 1fr}"
    ".line>li{grid-template-columns:1fr}}"
    "@page{margin:18mm 16mm}"
    "@media print{body{background:none;font-size:10pt}main{box-shadow:none;margin:0;padding:0;"
    "max-width:none}h2{break-after:avoid}tr,.line>li,.verdict{break-inside:avoid}"
    ".evidence{display:none}}";

/* ---- text ---- */

static void put(const struct page *p, const char *html)
{
    (void)fputs(html, p->to);
}

/* Text from the ledger is data: nothing in it is markup. */
static void put_text(const struct page *p, const char *text)
{
    for (const char *at = text == NULL ? "" : text; *at != '\0'; at++) {
        if (*at == '<')
            put(p, "&lt;");
        else if (*at == '>')
            put(p, "&gt;");
        else if (*at == '&')
            put(p, "&amp;");
        else if (*at == '"')
            put(p, "&quot;");
        else
            (void)fputc(*at, p->to);
    }
}

static const char *text_of(const struct tl_json *object, const char *key)
{
    const char *text = tl_json_chars(tl_json_get(object, key));

    return text == NULL ? "" : text;
}

static int64_t number_of(const struct tl_json *object, const char *key)
{
    int64_t value = 0;

    return tl_json_number(tl_json_get(object, key), &value) ? value : 0;
}

/* Between two pieces of markup. */
static void put_in(const struct page *p, const char *before, const char *text, const char *after)
{
    put(p, before);
    put_text(p, text);
    put(p, after);
}

static void put_amount(const struct page *p, int64_t minor)
{
    char text[40];

    tl_dossier_amount(text, sizeof text, minor, p->decimals);
    put(p, minor < 0 ? "\xe2\x88\x92" : "");
    put_text(p, text + (minor < 0));
}

static void put_cell(const struct page *p, int64_t minor)
{
    put(p, "<td class=\"n\">");
    put_amount(p, minor);
    put(p, "</td>");
}

static void put_names(const struct page *p, const struct tl_json *names)
{
    size_t count = tl_json_count(names);

    for (size_t i = 0; i < count; i++) {
        put(p, i == 0 ? "" : i + 1 == count ? " and " : ", ");
        put_text(p, tl_json_chars(tl_json_at(names, i)));
    }
}

/* "since_then" reads "since then". */
static void put_word(const struct page *p, const char *word)
{
    char text[128];

    tl_dossier_label(text, sizeof text, word);
    put_text(p, text);
}

/* ---- the head ---- */

static void put_verdict(const struct page *p)
{
    const struct tl_json *proof = tl_json_get(p->model, "proof");
    char date[11];

    tl_date_text(date, (int32_t)(number_of(proof, "time_ms") / 86400000));
    (void)fprintf(
        p->to,
        "<section class=\"verdict\"><strong>Proven: all %zu records of this case, and that "
        "there are no others</strong><p>As of block %" PRId64 " of the ledger, ",
        tl_json_count(tl_json_get(p->model, "leaves")), number_of(proof, "height"));
    put(p, date);
    put(p, ". Signed by ");
    put_names(p, tl_json_get(proof, "signers"));
    if (tl_json_get(proof, "quorum") != NULL)
        (void)fprintf(p->to, "; %" PRId64 " of the ledger's %" PRId64 " members must sign, and did",
                      number_of(proof, "quorum"), number_of(proof, "members"));
    else
        put(p, "; as many as must sign by then");
    put(p, ". Each entry also bears the signature of who wrote it.</p></section>");
}

static void put_fact(const struct page *p, const char *name, const char *value)
{
    put_in(p, "<div><span class=\"kicker\">", name, "</span><b>");
    put_word(p, value);
    put(p, "</b></div>");
}

static void put_head(const struct page *p)
{
    const struct tl_json *record = tl_json_get(p->model, "record");

    put_in(p, "<header><span class=\"kicker\">Dossier \xc2\xb7 ", text_of(p->model, "ledger"),
           "</span><h1>");
    put(p, "Case <code>");
    put_text(p, text_of(p->model, "case"));
    put(p,
        "</code></h1><p class=\"soft\">Statement, history and proof of one debt, from the ledger "
        "that its creditor, its collection agencies and credit bureaus keep together.</p>"
        "</header>");
    put_verdict(p);
    put(p, "<div class=\"facts\"><div><span class=\"kicker\">Owed</span><b>");
    put_amount(p, number_of(tl_json_get(p->model, "statement"), "owed_minor"));
    put_in(p, " ", p->currency, "</b></div>");
    put_fact(p, "Stage", text_of(record, "stage"));
    put_fact(p, "Creditor", text_of(record, "owner"));
    put_fact(p, "Held by", text_of(record, "holder"));
    put(p, "</div>");
}

/* ---- the statement ---- */

static void put_buckets(const struct page *p, const struct tl_json *statement)
{
    const struct tl_json *buckets = tl_json_get(statement, "buckets");

    put(p,
        "<table><thead><tr><th>Of which</th><th class=\"n\">Charged</th><th "
        "class=\"n\">Adjusted</th><th class=\"n\">Paid</th><th class=\"n\">Owed</th></tr></thead>"
        "<tbody>");
    for (size_t i = 0; i < tl_json_count(buckets); i++) {
        const struct tl_json *row = tl_json_at(buckets, i);

        put_in(p, "<tr><td>", text_of(row, "bucket"), "</td>");
        put_cell(p, number_of(row, "charged_minor"));
        put_cell(p, number_of(row, "adjusted_minor"));
        put_cell(p, number_of(row, "paid_minor"));
        put_cell(p, number_of(row, "owed_minor"));
        put(p, "</tr>");
    }
    put(p, "</tbody></table>");
}

static void put_posting(const struct page *p, const struct tl_json *row)
{
    put_in(p, "<tr><td>", text_of(row, "date"), "</td><td>");
    put_text(p, text_of(row, "what"));
    (void)fprintf(p->to, "</td><td class=\"n soft\">%" PRId64 "</td>", number_of(row, "leaf"));
    put_cell(p, number_of(row, "amount_minor"));
    put_cell(p, number_of(row, "balance_minor"));
    put(p, "</tr>");
}

static void put_statement(const struct page *p)
{
    const struct tl_json *statement = tl_json_get(p->model, "statement");
    const struct tl_json *postings = tl_json_get(statement, "postings");
    int64_t rest = number_of(statement, "not_itemised_minor");

    put_in(p, "<section id=\"statement\"><h2>Statement</h2><p class=\"soft\">Amounts in ",
           p->currency,
           ", as the ledger has posted them.</p><table><thead><tr><th>Date</th><th>What</th>");
    put(p, "<th class=\"n\">Leaf</th><th class=\"n\">Amount</th><th class=\"n\">Balance</th></tr>"
           "</thead><tbody>");
    for (size_t i = 0; i < tl_json_count(postings); i++)
        put_posting(p, tl_json_at(postings, i));
    if (rest != 0) {
        put(p, "<tr class=\"warn\"><td></td><td>Not itemised by the records above</td><td></td>");
        put_cell(p, rest);
        put_cell(p, number_of(statement, "owed_minor"));
        put(p, "</tr>");
    }
    put(p,
        "</tbody><tfoot><tr><td></td><td>Owed, as the case's record says</td><td></td><td></td>");
    put_cell(p, number_of(statement, "owed_minor"));
    put(p, "</tr></tfoot></table>");
    put_buckets(p, statement);
    if (number_of(statement, "unapplied_minor") != 0) {
        put(p, "<p>Received and not yet applied: ");
        put_amount(p, number_of(statement, "unapplied_minor"));
        put_in(p, " ", p->currency, ".</p>");
    }
    put(p, "</section>");
}

/* ---- the timeline ---- */

struct details {
    const struct page *page;
    size_t count;
};

static bool ends(const char *text, const char *with)
{
    size_t len = strlen(text);
    size_t tail = strlen(with);

    return len >= tail && strcmp(text + len - tail, with) == 0;
}

/* Hashes and ids are for programs: they are among the proofs. */
static bool is_hex(const char *text)
{
    size_t len = strspn(text, "0123456789abcdef");

    return text[len] == '\0' && (len == 2u * TL_HASH_BYTES || len == 2u * TL_ID_BYTES);
}

/* One field of a body, where it says something. */
static void put_detail(void *context, const char *key, const struct tl_json *value)
{
    struct details *d = context;
    const char *text = tl_json_chars(value);
    bool money = ends(key, "_minor");
    int64_t number = 0;
    bool is_number = tl_json_number(value, &number);
    bool truth = false;

    (void)tl_json_truth(value, &truth);
    if ((text == NULL || *text == '\0') && !(is_number && number != 0) && !truth)
        return;
    if (strcmp(key, "about") == 0 || strcmp(key, "currency") == 0 || (text != NULL && is_hex(text)))
        return;
    put(d->page, d->count++ == 0 ? "" : " \xc2\xb7 ");
    put_word(d->page, key);
    put(d->page, truth ? "" : " ");
    if (text != NULL)
        put_word(d->page, text);
    else if (money)
        put_amount(d->page, number);
    else if (is_number)
        (void)fprintf(d->page->to, "%" PRId64, number);
}

static void put_leaf(const struct page *p, const struct tl_json *row)
{
    bool entry = strcmp(text_of(row, "kind"), "entry") == 0;
    const struct tl_json *body = tl_json_get(row, "body");
    struct details details = {p, 0};

    put_in(p, entry ? "<li class=\"entry\"><time>" : "<li class=\"decision\"><time>",
           text_of(row, "date"), "</time><div>");
    (void)fprintf(p->to, "<span class=\"tag\">\xe2\x9c\x93 leaf %" PRId64 "</span><b>",
                  number_of(row, "leaf"));
    put_text(p, text_of(row, "title"));
    put(p, "</b><p>");
    if (body != NULL)
        tl_json_each(body, put_detail, &details);
    put(p, details.count == 0 ? "" : "<br>");
    if (entry) {
        put_in(p, "Recorded and signed by ", text_of(row, "author"), "");
        put_in(p, *text_of(row, "ref") == '\0' ? "" : ", reference ", text_of(row, "ref"), "");
    } else {
        put_in(p, "Follows from rule ", text_of(row, "rule"), "");
        put_in(p, *text_of(row, "citation") == '\0' ? "" : ": ", text_of(row, "citation"), "");
    }
    put(p, "</p></div></li>");
}

static void put_timeline(const struct page *p)
{
    const struct tl_json *leaves = tl_json_get(p->model, "leaves");

    put(p, "<section id=\"timeline\"><h2>Timeline</h2><p class=\"soft\">Filled: what a member "
           "recorded "
           "and signed. Hollow: what followed from the rules.</p><ol class=\"line\">");
    for (size_t i = 0; i < tl_json_count(leaves); i++)
        put_leaf(p, tl_json_at(leaves, i));
    put(p, "</ol></section>");
}

/* ---- the proof ---- */

static void put_row(const struct page *p, const char *name, const char *value)
{
    put_in(p, "<tr><td>", name, "</td><td class=\"hash\">");
    put_text(p, value);
    put(p, "</td></tr>");
}

static void put_roots(const struct page *p)
{
    const struct tl_json *proof = tl_json_get(p->model, "proof");
    char text[64];

    put(p, "<table><tbody>");
    put_row(p, "Ledger (chain id)", text_of(proof, "chain_id"));
    (void)snprintf(text, sizeof text, "%" PRId64, number_of(proof, "height"));
    put_row(p, "Block height", text);
    put_row(p, "Block", text_of(proof, "block"));
    put_row(p, "Log root", text_of(proof, "log_root"));
    (void)snprintf(text, sizeof text, "%" PRId64, number_of(proof, "log_size"));
    put_row(p, "Log size", text);
    put_row(p, "State root", text_of(proof, "state_root"));
    put_row(p, "History of this case", text_of(proof, "history"));
    put_row(p, "Contract", text_of(proof, "contract"));
    put(p, "</tbody></table>");
}

static void put_hashes(const struct page *p)
{
    const struct tl_json *leaves = tl_json_get(p->model, "leaves");

    put(p,
        "<table><thead><tr><th>Leaf</th><th>Signed by</th><th>SHA-256 in the log</th></tr></thead>"
        "<tbody>");
    for (size_t i = 0; i < tl_json_count(leaves); i++) {
        const struct tl_json *row = tl_json_at(leaves, i);
        const char *author = text_of(row, "author");

        (void)fprintf(p->to, "<tr><td>%" PRId64 "</td><td>", number_of(row, "leaf"));
        put_text(p, *author == '\0' ? "the quorum" : author);
        put_in(p, "</td><td class=\"hash\">", text_of(row, "hash"), "</td></tr>");
    }
    put(p, "</tbody></table>");
}

static void put_base64(const struct page *p, struct tl_bytes bytes)
{
    size_t room = 4u * (bytes.len / 3u + 1u);
    struct tl_buf out = tl_buf(tl_mem_new(room, 1), room);

    tl_base64_write(&out, bytes);
    (void)fwrite(out.ptr, 1, out.len, p->to);
    tl_mem_free(out.ptr);
}

static void put_proof(const struct page *p, struct tl_bytes evidence)
{
    put(p, "<section id=\"proof\"><h2>Proof</h2><p>The records above are leaves of an append-only "
           "log. "
           "Each one's path leads to the log root of the block below; the case's record, with its "
           "balance and a hash over all its leaves, leads to the state root. A quorum of members "
           "signed that block, so no one of them can change, add or leave out a record. Entries "
           "without effect, made "
           "before the debt was on the ledger or put off by it, are not part of the case.</p>");
    put_roots(p);
    put(p, "<p>This page is made of the evidence it carries, to the byte. Whoever has the ledger's "
           "genesis file can check both, with no network and no one's help:</p><pre>tally case "
           "dossier "
           "--verify dossier.html --genesis genesis.tally\ntally-verify dossier dossier.html "
           "--genesis "
           "genesis.tally</pre><p>Take the genesis file from somebody you trust, not from who gave "
           "you "
           "this page, and compare its chain id.</p><p><a class=\"evidence\" "
           "download=\"dossier.receipt\" "
           "href=\"" TL_DOSSIER_EVIDENCE_MARK);
    put_base64(p, evidence);
    (void)fprintf(p->to, "\">The evidence, %zu bytes</a></p>", evidence.len);
    put_hashes(p);
    put(p, "</section>");
}

/* ---- the whole ---- */

static void put_page(const struct page *p, struct tl_bytes evidence)
{
    put(p, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta "
           "name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta "
           "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
           "'unsafe-inline'\"><title>");
    put_in(p, "Dossier of case ", text_of(p->model, "case"), "</title><style>");
    put(p, style);
    put(p, "</style></head><body><main>");
    put_head(p);
    put_statement(p);
    put_timeline(p);
    put_proof(p, evidence);
    put(p, "</main></body></html>\n");
}

void tl_dossier_seal(char out[TL_DOSSIER_SEAL_BYTES + 1u], const struct tl_hash *hash)
{
    char hex[2u * TL_HASH_BYTES + 1u];

    tl_hex(hex, tl_bytes(hash->b, sizeof hash->b));
    (void)snprintf(out, TL_DOSSIER_SEAL_BYTES + 1u, "<!-- sha256 %s -->\n", hex);
}

static void seal(struct tl_page *page)
{
    struct tl_hash hash;
    char *text;

    tl_hash_plain(&hash, tl_bytes(page->text, page->len));
    text = realloc(page->text, page->len + TL_DOSSIER_SEAL_BYTES + 1u);
    if (text == NULL)
        tl_mem_out();
    tl_dossier_seal(text + page->len, &hash);
    page->text = text;
    page->len += TL_DOSSIER_SEAL_BYTES;
}

struct tl_page tl_dossier_page(const struct tl_json *model, struct tl_bytes evidence)
{
    const struct tl_json *statement = tl_json_get(model, "statement");
    struct tl_page page = {NULL, 0};
    struct page p = {.model = model,
                     .currency = text_of(statement, "currency_code"),
                     .decimals = (uint32_t)number_of(statement, "decimals")};

    p.to = open_memstream(&page.text, &page.len);
    if (p.to == NULL)
        tl_mem_out();
    put_page(&p, evidence);
    if (fclose(p.to) != 0)
        tl_mem_out();
    seal(&page);
    return page;
}
