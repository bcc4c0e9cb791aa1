/* Words for people who have never seen a ledger. */
#include "dossier.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *type;
    const char *title;
} titles[] = {
    {"AGREEMENT", "The debt is recorded"},
    {"CHARGE", "A charge is added"},
    {"ADJUSTMENT", "The balance is adjusted"},
    {"PAYMENT", "A payment is received"},
    {"PAYMENT_REVERSAL", "A payment is taken back"},
    {"NOTICE", "A notice"},
    {"CONTACT_ATTEMPT", "The debtor is contacted"},
    {"CONTACT_INBOUND", "The debtor makes contact"},
    {"CEASE_COMMUNICATION", "The debtor asks not to be contacted"},
    {"ATTORNEY_REPRESENTED", "The debtor is represented by an attorney"},
    {"ATTORNEY_ENDED", "The attorney's representation ends"},
    {"DISPUTE_OPENED", "The debt is disputed"},
    {"DISPUTE_RESOLVED", "A dispute is resolved"},
    {"SETTLEMENT_OFFER", "A settlement is offered"},
    {"SETTLEMENT_ACCEPT", "The settlement is accepted"},
    {"PLAN_OFFER", "A payment plan is offered"},
    {"PLAN_ACCEPT", "The payment plan is accepted"},
    {"PROMISE_TO_PAY", "The debtor promises to pay"},
    {"PLACEMENT_OFFER", "The case is offered to an agency"},
    {"PLACEMENT_ACCEPT", "The agency takes the case"},
    {"PLACEMENT_REJECT", "The agency declines the case"},
    {"PLACEMENT_RECALL", "The case is recalled from the agency"},
    {"PLACEMENT_RETURN", "The agency returns the case"},
    {"LEGAL_RELEASE", "A person releases the case for suit"},
    {"SUIT_FILED", "A suit is filed"},
    {"JUDGMENT", "Judgment"},
    {"SATISFIED", "The judgment is satisfied"},
    {"DISMISSED", "The suit is dismissed"},
    {"SCRA_CHECK", "Military service is checked"},
    {"FURNISHED", "The debt is reported to a bureau"},
    {"CHARGE_OFF", "The creditor asks for charge-off"},
    {"CANCEL_DEBT", "The debt is cancelled"},
    {"BANKRUPTCY_FILED", "Bankruptcy is filed"},
    {"BANKRUPTCY_DISMISSED", "The bankruptcy is dismissed"},
    {"BANKRUPTCY_DISCHARGED", "The debt is discharged in bankruptcy"},
    {"DECEASED", "The debtor's death is recorded"},
    {"IDTHEFT_REPORT", "Identity theft is reported"},
    {"IDTHEFT_BLOCK", "Reporting is blocked for identity theft"},
    {"IDTHEFT_RESCIND", "The block for identity theft is lifted"},
    {"HOLD_SET", "A hold is set"},
    {"HOLD_RELEASE", "A hold is released"},
    {"DEBT_SALE", "The debt is offered for sale"},
    {"DEBT_SALE_ACCEPT", "The debt is sold"},
    {"RECORD", "An act recorded elsewhere"},
    {"INTEREST_ACCRUED", "Interest is booked"},
    {"FEE_ASSESSED", "A fee is assessed"},
    {"ALLOCATION", "The payment is applied"},
    {"SETTLEMENT_COMPLETED", "The settlement is completed"},
    {"SETTLEMENT_VOID", "The settlement is void"},
    {"INSTALMENT_KEPT", "An instalment is kept"},
    {"INSTALMENT_MISSED", "An instalment is missed"},
    {"PLAN_BROKEN", "The payment plan is broken"},
    {"PLAN_COMPLETED", "The payment plan is completed"},
    {"INSTALMENT_DUE", "An instalment falls due"},
    {"PROMISE_KEPT", "The promise is kept"},
    {"PROMISE_BROKEN", "The promise is broken"},
    {"PLACEMENT_OFFERED", "The rules offer the case to an agency"},
    {"PLACEMENT_ACCEPTED", "The agency has custody"},
    {"PLACEMENT_RECALLED", "The rules recall the case"},
    {"REMITTANCE_SETTLED", "A remittance is settled"},
    {"COMMISSION_DUE", "A commission is due"},
    {"FURNISH_ELIGIBLE", "The debt may be reported to a bureau"},
    {"CHARGED_OFF", "The debt is charged off"},
    {"RECOVERY_POSTED", "Money is recovered after charge-off"},
    {"VIOLATION", "A rule was broken"},
    {"RESTATEMENT", "Earlier values are stated anew"},
    {"STAGE_CHANGED", "The case moves on"},
    {"ACTION_DUE", "Something is due"},
    {"DENIED", "The act is denied"},
    {"DUPLICATE", "The entry is a repeat and has no effect"},
    {"ALERT", "An alert"},
    {"DEFERRED", "The entry has no effect and is to be sent again"},
};

const char *tl_dossier_title(const char *type)
{
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (strcmp(titles[i].type, type) == 0)
            return titles[i].title;
    return type;
}

/* "principal_minor" reads "principal", "opened_on" reads "opened on". */
void tl_dossier_label(char *out, size_t room, const char *field)
{
    size_t len = strlen(field);

    if (len > 6 && strcmp(field + len - 6, "_minor") == 0)
        len -= 6;
    (void)snprintf(out, room, "%.*s", (int)len, field);
    for (char *at = out; *at != '\0'; at++)
        if (*at == '_')
            *at = ' ';
}

/* ISO 4217. */
const char *tl_dossier_currency(int64_t number, uint32_t *decimals)
{
    static const struct {
        int64_t number;
        const char *code;
        uint32_t decimals;
    } currencies[] = {{36, "AUD", 2},  {124, "CAD", 2}, {203, "CZK", 2}, {208, "DKK", 2},
                      {348, "HUF", 2}, {356, "INR", 2}, {392, "JPY", 0}, {484, "MXN", 2},
                      {554, "NZD", 2}, {578, "NOK", 2}, {752, "SEK", 2}, {756, "CHF", 2},
                      {826, "GBP", 2}, {840, "USD", 2}, {946, "RON", 2}, {975, "BGN", 2},
                      {978, "EUR", 2}, {985, "PLN", 2}, {986, "BRL", 2}};

    *decimals = 2;
    for (size_t i = 0; i < sizeof currencies / sizeof currencies[0]; i++) {
        if (currencies[i].number != number)
            continue;
        *decimals = currencies[i].decimals;
        return currencies[i].code;
    }
    return "";
}

/* 123456789 with two decimals reads 1,234,567.89. */
void tl_dossier_amount(char *out, size_t room, int64_t minor, uint32_t decimals)
{
    uint64_t size = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
    char digits[24];
    char text[40];
    size_t len = 0;
    size_t n;

    if (decimals == 0)
        (void)snprintf(digits, sizeof digits, "%" PRIu64, size);
    else
        (void)snprintf(digits, sizeof digits, "%03" PRIu64, size); /* currencies have two */
    n = strlen(digits);
    if (minor < 0)
        text[len++] = '-';
    for (size_t i = 0; i < n; i++) {
        size_t left = n - i;

        if (left == decimals && decimals != 0)
            text[len++] = '.';
        else if (i != 0 && left > decimals && (left - decimals) % 3 == 0)
            text[len++] = ',';
        text[len++] = digits[i];
    }
    text[len] = '\0';
    (void)snprintf(out, room, "%s", text);
}
