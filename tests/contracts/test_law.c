/* Every rule of law by its id: law_cases.txt tells what happened and what is then
 * planned or done; this plays it on the engine with the figures of the shipped
 * policy, and asks both doors: leave before the act, findings after it.
 *
 * The table's language, a line each:
 *
 *   rule ID: what the scenario shows
 *   case FIELD=VALUE ...        of the AGREEMENT; first line, may be left out
 *   alone                       not placed with the agency, nothing prepared
 *   undated                     nothing was ever due
 *   without ID, with ID         the policy has no row of that rule, or one (a day)
 *   by ID                       the rule that denies, when ID's figures decide
 *   force DAY yes|no            some row of the rule is in force that day
 *   on DAY[..DAY] WHO TYPE FIELD=VALUE ...   an entry; @N is a day, at=HH:MM its time
 *   day N                       that day is over
 *   breaks DAY WHO ACT FIELD=VALUE ...       leave is denied, by that rule
 *   lawful DAY WHO ACT FIELD=VALUE ...       leave is given
 *   faulty DAY WHO TYPE FIELD=VALUE ...      the entry is found to break that rule
 *   clean DAY WHO TYPE FIELD=VALUE ...       the entry breaks no rule at all
 *   missed N / kept N           when day N is over its term has passed, or not
 *   stops DAY WHO TYPE F=V ... / WHO TYPE F=V ...   both in one block: in this order the
 *                               second breaks the rule, in the other it breaks none
 *
 * Day 0 is Monday 3 June 2024. */
#include "rig.h"

#include "entry_text.h"
#include "tl/law.h"
#include "tl/policy_yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DAY_0 = 19877, LINE_MAX_ = 512, WORDS_MAX = 24 };

struct scenario {
    struct rig rig;
    char rule[8];
    int line;
    bool begun;
    bool alone;
    bool undated;
    char without[8];
    char with[8];
    char by[8];            /* the rule that is found, when another one's figures are shown */
    char given[LINE_MAX_]; /* of the AGREEMENT */
};

static struct tl_policy policy;
static struct scenario s;
static bool triggered[TL_LAW_COUNT];
static bool edged[TL_LAW_COUNT];

static const char *const who_words[] = {"creditor", "agency", "other", "bureau", "buyer", NULL};
static const char *const mark_words[] = {
    "opt_out", "disclosed", "autodialled", "reply",      "public",   "debt_named",
    "asked",   "threatens", "employer",    "other_debt", "confirms", "disputed",
    "elec",    "proof",     "returns",     "property",   "deadline", NULL};

static uint32_t word_at(const char *const *words, const char *word)
{
    for (uint32_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    fail_msg("line %d: no word \"%s\"", s.line, word);
    return 0;
}

/* ---- the policy shipped, with the rig's names --------------------------- */

static void row_set(const char *id, const char *area, int64_t number)
{
    for (uint32_t i = 0; i < policy.law_count; i++) {
        if (strcmp(tl_law_rule((enum tl_law)policy.law[i].rule)->id, id) == 0 &&
            strcmp(policy.law[i].area, area) == 0)
            policy.law[i].number[0] = number;
    }
}

static void row_drop(const char *id)
{
    for (uint32_t i = policy.law_count; i-- > 0;) {
        if (strcmp(tl_law_rule((enum tl_law)policy.law[i].rule)->id, id) != 0)
            continue;
        memmove(&policy.law[i], &policy.law[i + 1],
                (policy.law_count - i - 1) * sizeof policy.law[0]);
        policy.law_count--;
    }
}

/* Rows stand in order of rules, and none of this one is there. */
static void row_add(const char *id)
{
    struct tl_law_row row = {0, "US", 0, TL_DATE_NONE, "for the test", {1}};
    uint32_t at = 0;

    assert_true(tl_law_find(tl_bytes_str(id), &row.rule));
    while (at < policy.law_count && policy.law[at].rule < row.rule)
        at++;
    memmove(&policy.law[at + 1], &policy.law[at], (policy.law_count - at) * sizeof row);
    policy.law[at] = row;
    policy.law_count++;
}

/* Late is late, and then a bureau may be told: what no rule forbids. */
static void timers_add(void)
{
    struct tl_rule *rule = rig_rule(&policy, "overdue", TL_ACTION_SET_STAGE);

    rule->anchor = TL_FEATURE_DUE_ON;
    rule->days = 1;
    rule->from_stages = tl_stage_bit(TL_STAGE_CURRENT);
    rule->stage = TL_STAGE_OVERDUE;
    rule = rig_rule(&policy, "furnish", TL_ACTION_FURNISH_ELIGIBLE);
    rule->anchor = TL_FEATURE_DUE_ON;
    rule->days = 30;
}

static void policy_ready(void)
{
    char path[1024];
    struct tl_why why = {""};
    struct tl_rule *gate;

    (void)snprintf(path, sizeof path, "%s/docs/examples/policies/us-consumer.yaml",
                   getenv("TALLY_SOURCE"));
    if (tl_policy_yaml_load(&policy, path, &why) != TL_OK)
        fail_msg("%s", why.text);
    (void)strcpy(policy.name, "fines");
    policy.rule_count = 0; /* only what the law says happens by itself */
    timers_add();
    gate = rig_rule(&policy, "gate", TL_ACTION_PERMIT_SUIT);
    gate->trigger = TL_TRIGGER_ASKED;
    gate->from_stages = tl_stage_bit(TL_STAGE_PLACED) | tl_stage_bit(TL_STAGE_INTERNAL);
    row_set("US-11", "US-XX", 1);
    if (s.without[0] != '\0')
        row_drop(s.without);
    if (s.with[0] != '\0')
        row_add(s.with);
}

/* ---- entries ------------------------------------------------------------ */

/* "@12" is a day, "a+b" of marks their bits. */
static const char *value_of(const char *name, const char *value, char *room)
{
    uint32_t marks = 0;
    char copy[LINE_MAX_];
    char *part;

    if (value[0] == '@') {
        tl_date_text(room, DAY_0 + atoi(value + 1));
        return room;
    }
    if (strcmp(name, "marks") != 0)
        return value;
    (void)snprintf(copy, sizeof copy, "%s", value);
    for (part = strtok(copy, "+"); part != NULL; part = strtok(NULL, "+"))
        marks |= 1u << word_at(mark_words, part);
    (void)snprintf(room, 16, "%u", marks);
    return room;
}

static int64_t moment(int32_t day, const char *at)
{
    int hours = 15;
    int minutes = 0;
    int seconds = 0;

    if (at != NULL)
        (void)sscanf(at, "%d:%d:%d", &hours, &minutes, &seconds);
    return (int64_t)(DAY_0 + day) * 86400 + hours * 3600 + minutes * 60 + seconds;
}

/* Words FIELD=VALUE into an entry; their texts live in `room`. */
static void fill(struct tl_entry_text *text, int32_t day, char *const *word,
                 char (*room)[LINE_MAX_])
{
    struct tl_why why = {""};

    text->entry.value_date = DAY_0 + day;
    text->entry.event_time_s = moment(day, NULL);
    if (text->type->about_case)
        text->entry.case_id = rig_id(1);
    for (uint32_t i = 0; word[i] != NULL; i++) {
        char *eq = strchr(word[i], '=');
        char name[64];

        if (eq == NULL)
            fail_msg("line %d: \"%s\" is not FIELD=VALUE", s.line, word[i]);
        (void)snprintf(name, sizeof name, "%.*s", (int)(eq - word[i]), word[i]);
        if (strcmp(name, "at") == 0)
            text->entry.event_time_s = moment(day, eq + 1);
        else if (strcmp(name, "ref") == 0)
            text->entry.ext_ref = tl_bytes_str(strcpy(room[i], eq + 1));
        else if (tl_entry_text_set(text, tl_bytes_str(name),
                                   tl_bytes_str(value_of(name, eq + 1, strcpy(room[i], eq + 1))),
                                   &why) != TL_OK)
            fail_msg("line %d: %s", s.line, why.text);
    }
}

static void send(int32_t day, uint32_t who, const char *type, char *const *word)
{
    static struct tl_entry_text text;
    char room[WORDS_MAX][LINE_MAX_];
    struct tl_why why = {""};

    if (tl_entry_text_init(&text, type, &why) != TL_OK)
        fail_msg("line %d: %s", s.line, why.text);
    fill(&text, day, word, room);
    rig_put(&s.rig, who, &text.entry, &text.body);
}

static void send_line(int32_t day, uint32_t who, const char *type, const char *line)
{
    char copy[LINE_MAX_];
    char *word[WORDS_MAX] = {0};
    uint32_t count = 0;

    (void)snprintf(copy, sizeof copy, "%s", line);
    for (char *at = strtok(copy, " "); at != NULL && count < WORDS_MAX - 1; at = strtok(NULL, " "))
        word[count++] = at;
    send(day, who, type, word);
}

static void place(void)
{
    send_line(-60, CITY, "PLACEMENT_OFFER", "agency=agency-a");
    send_line(-60, NORTH, "PLACEMENT_ACCEPT", "");
    send_line(-60, NORTH, "VALIDATION_NOTICE",
              "itemised_on=@-170 itemised_minor=150000 now_minor=150000 channel=letter ref=notice");
    send_line(-30, NORTH, "SCRA_CHECK", "result=not_on_duty");
}

/* A debt of 1,500.00, 170 days late, placed with an agency that is licensed, knows
 * where the debtor lives and sent the notice: everything is in order. */
static void begin(void)
{
    char line[2 * LINE_MAX_];

    if (s.begun)
        return;
    s.begun = true;
    policy_ready();
    rig_open(&s.rig, 0, 1);
    rig_publish(&s.rig, &policy);
    (void)snprintf(line, sizeof line,
                   "debt_class=consumer product=credit-card jurisdiction=US-XX currency=840 "
                   "policy=fines opened_on=@-400 principal_minor=150000 %s %s",
                   s.undated ? "" : "due_on=@-170", s.given);
    send_line(-100, CITY, "AGREEMENT", line);
    send_line(-100, CITY, "LICENCE", "member=city area=US-XX from_on=@-1000");
    send_line(-100, NORTH, "LICENCE", "member=agency-a area=US-XX from_on=@-1000");
    send_line(-100, CITY, "PREFERENCES", "zones=fed4 residence=kings signed_in=queens");
    rig_day(&s.rig, DAY_0 - 61);
    if (!s.alone)
        place();
    rig_day(&s.rig, DAY_0 - 1);
}

/* ---- the two doors ------------------------------------------------------ */

static const char *expected(void)
{
    return s.by[0] != '\0' ? s.by : s.rule;
}

static bool names_rule(const struct tl_judgment *judgment)
{
    for (uint32_t i = 0; i < judgment->count; i++) {
        if (strcmp(tl_law_rule((enum tl_law)judgment->broken[i].rule)->id, expected()) == 0)
            return true;
    }
    return false;
}

static const char *ids(const struct tl_judgment *judgment)
{
    static char text[256];

    text[0] = '\0';
    for (uint32_t i = 0; i < judgment->count; i++) {
        (void)strcat(text, tl_law_rule((enum tl_law)judgment->broken[i].rule)->id);
        (void)strcat(text, judgment->broken[i].why == TL_BROKEN ? " " : "(no row) ");
    }
    return text;
}

static void leave(int32_t day, uint32_t who, const char *act, char *const *word, bool lawful)
{
    static struct tl_entry_text text;
    char room[WORDS_MAX][LINE_MAX_];
    struct tl_permit_plan asked = {&text.entry, &text.body.act, who};
    struct tl_judgment judgment;
    struct tl_act judged;
    struct tl_why why = {""};

    assert_int_equal(tl_entry_text_init(&text, "PERMIT_REQUEST", &why), TL_OK);
    assert_int_equal(tl_entry_text_set(&text, tl_bytes_str("act"), tl_bytes_str(act), &why), TL_OK);
    fill(&text, day, word, room);
    assert_int_equal(tl_contract_permit(s.rig.contract, s.rig.state, &asked, &judged, &judgment),
                     TL_OK);
    if (lawful && !judgment.allowed)
        fail_msg("line %d: %s: leave was denied by %s", s.line, s.rule, ids(&judgment));
    if (!lawful && !names_rule(&judgment))
        fail_msg("line %d: %s did not deny (%s)", s.line, s.rule, ids(&judgment));
}

static bool is_finding(const struct rig_decision *d)
{
    return d->type == TL_DECISION_VIOLATION || d->type == TL_DECISION_DENIED ||
           d->type == TL_DECISION_ALERT;
}

/* Among the decisions from `first` on: does one name the rule, or any at all? */
static void findings(uint32_t first, bool clean)
{
    bool named = false;

    for (uint32_t i = first; i < s.rig.decisions; i++) {
        const struct rig_decision *d = &s.rig.decision[i];

        if (!is_finding(d))
            continue;
        if (clean)
            fail_msg("line %d: %s: found to break \"%s\"", s.line, s.rule, d->rule);
        named = named || strcmp(d->rule, expected()) == 0;
    }
    if (!clean && !named)
        fail_msg("line %d: %s was not found", s.line, s.rule);
}

static void term(int32_t day, bool missed)
{
    uint32_t first = s.rig.decisions;
    bool named = false;

    rig_day(&s.rig, DAY_0 + day);
    for (uint32_t i = first; i < s.rig.decisions; i++)
        named = named || (s.rig.decision[i].type == TL_DECISION_VIOLATION &&
                          strcmp(s.rig.decision[i].rule, s.rule) == 0);
    if (named != missed)
        fail_msg("line %d: %s was %s", s.line, s.rule, missed ? "not missed" : "missed");
}

/* ---- the table ---------------------------------------------------------- */

static void scenario_end(void)
{
    if (s.begun)
        rig_close(&s.rig);
    s.begun = s.alone = s.undated = false;
    s.without[0] = s.with[0] = s.by[0] = s.given[0] = '\0';
}

static uint8_t rule_now(void)
{
    uint8_t rule = 0;

    if (!tl_law_find(tl_bytes_str(s.rule), &rule))
        fail_msg("line %d: no rule \"%s\"", s.line, s.rule);
    return rule;
}

static void happened(char *const *word)
{
    char *dots = strstr(word[1], "..");
    int32_t from = atoi(word[1]);
    int32_t to = dots == NULL ? from : atoi(dots + 2);

    for (int32_t day = from; day <= to; day++)
        send(day, word_at(who_words, word[2]), word[3], &word[4]);
}

static void judged(char *const *word)
{
    bool lawful = strcmp(word[0], "lawful") == 0;
    bool clean = strcmp(word[0], "clean") == 0;
    int32_t day = atoi(word[1]);
    uint32_t who = word_at(who_words, word[2]);
    uint32_t first;

    (lawful || clean ? edged : triggered)[rule_now()] = true;
    if (lawful || strcmp(word[0], "breaks") == 0) {
        leave(day, who, word[3], &word[4], lawful);
        return;
    }
    first = s.rig.decisions;
    send(day, who, word[3], &word[4]);
    findings(first, clean);
}

static void in_force(char *const *word)
{
    struct tl_case c = rig_case(&s.rig, 1);
    bool yes = strcmp(word[2], "yes") == 0;

    (yes ? triggered : edged)[rule_now()] = true;
    assert_int_equal(tl_law_in_force(&policy, &c, (enum tl_law)rule_now(), DAY_0 + atoi(word[1])),
                     yes);
}

/* ---- one block ---------------------------------------------------------- */

static uint32_t in_one_block(int32_t day, char *const *first, char *const *second)
{
    uint32_t before;

    begin();
    before = s.rig.decisions;
    s.rig.per_block = 2;
    send(day, word_at(who_words, first[0]), first[1], &first[2]);
    assert_int_equal(s.rig.decisions, before); /* nothing is executed yet */
    send(day, word_at(who_words, second[0]), second[1], &second[2]);
    s.rig.per_block = 1;
    return before;
}

/* Only what the second of the two entries was found to be. */
static bool broke(uint32_t from)
{
    for (uint32_t i = from; i < s.rig.decisions; i++) {
        if (s.rig.decision[i].type == TL_DECISION_VIOLATION &&
            strcmp(s.rig.decision[i].rule, s.rule) == 0)
            return true;
    }
    return false;
}

static void stops(char **word)
{
    int32_t day = atoi(word[1]);
    uint32_t slash = 2;
    bool alone = s.alone;

    while (word[slash] != NULL && strcmp(word[slash], "/") != 0)
        slash++;
    if (word[slash] == NULL)
        fail_msg("line %d: two entries with / between them", s.line);
    word[slash] = NULL;
    if (!broke(in_one_block(day, &word[2], &word[slash + 1])))
        fail_msg("line %d: %s did not stop the other", s.line, s.rule);
    scenario_end();
    s.alone = alone;
    if (broke(in_one_block(day, &word[slash + 1], &word[2])))
        fail_msg("line %d: %s stopped what came before it", s.line, s.rule);
    triggered[rule_now()] = edged[rule_now()] = true;
}

static void play(char **word)
{
    if (strcmp(word[0], "alone") == 0) {
        s.alone = true;
        return;
    }
    if (strcmp(word[0], "undated") == 0) {
        s.undated = true;
        return;
    }
    if (strcmp(word[0], "by") == 0 || strcmp(word[0], "with") == 0) {
        (void)snprintf(word[0][0] == 'b' ? s.by : s.with, sizeof s.by, "%s", word[1]);
        return;
    }
    if (strcmp(word[0], "stops") == 0) {
        stops(word);
        return;
    }
    if (strcmp(word[0], "without") == 0) {
        (void)snprintf(s.without, sizeof s.without, "%s", word[1]);
        return;
    }
    begin();
    if (strcmp(word[0], "on") == 0)
        happened(word);
    else if (strcmp(word[0], "force") == 0)
        in_force(word);
    else if (strcmp(word[0], "day") == 0)
        rig_day(&s.rig, DAY_0 + atoi(word[1]));
    else if (strcmp(word[0], "missed") == 0 || strcmp(word[0], "kept") == 0) {
        (word[0][0] == 'm' ? triggered : edged)[rule_now()] = true;
        term(atoi(word[1]), word[0][0] == 'm');
    } else
        judged(word);
}

static void play_line(char *line)
{
    char *word[WORDS_MAX] = {0};
    uint32_t count = 0;

    line[strcspn(line, "#\r\n")] = '\0';
    if (strncmp(line, "rule ", 5) == 0) {
        scenario_end();
        (void)snprintf(s.rule, sizeof s.rule, "%.*s", (int)strcspn(line + 5, ":"), line + 5);
        return;
    }
    if (strncmp(line, "  case ", 7) == 0) {
        (void)snprintf(s.given, sizeof s.given, "%s", line + 7);
        return;
    }
    for (char *at = strtok(line, " "); at != NULL && count < WORDS_MAX - 1; at = strtok(NULL, " "))
        word[count++] = at;
    if (count != 0)
        play(word);
}

static void the_table_holds(void **state)
{
    char path[1024];
    char line[LINE_MAX_];
    FILE *file;

    (void)state;
    (void)snprintf(path, sizeof path, "%s/tests/contracts/law_cases.txt", getenv("TALLY_SOURCE"));
    file = fopen(path, "r");
    assert_non_null(file);
    for (s.line = 1; fgets(line, sizeof line, file) != NULL; s.line++)
        play_line(line);
    scenario_end();
    (void)fclose(file);
}

/* Two that judge nothing by themselves: figures for reports, and who looked. */
static void every_rule_is_triggered_and_has_an_edge(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < TL_LAW_COUNT; i++) {
        const char *id = tl_law_rule((enum tl_law)i)->id;

        if (!triggered[i] || !edged[i])
            fail_msg("%s: %s", id, triggered[i] ? "no lawful edge" : "never triggered");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_holds),
        cmocka_unit_test(every_rule_is_triggered_and_has_an_edge),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
