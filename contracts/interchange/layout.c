/* Where the fields of each record are. */
#include "tl/interchange.h"

#define T(name, start, end)                                                                        \
    {                                                                                              \
        name, start, end, TL_INTERCHANGE_TEXT                                                      \
    }
#define N(name, start, end)                                                                        \
    {                                                                                              \
        name, start, end, TL_INTERCHANGE_NUMBER                                                    \
    }
#define M(name, start, end)                                                                        \
    {                                                                                              \
        name, start, end, TL_INTERCHANGE_MONEY                                                     \
    }
#define D(name, start, end)                                                                        \
    {                                                                                              \
        name, start, end, TL_INTERCHANGE_DATE                                                      \
    }
/* What every record of a family begins with. */
#define AIM_HEAD T("record_type", 1, 4), N("file_number", 5, 13), T("account", 14, 43)
#define YGC_HEAD                                                                                   \
    N("RECORD_CODE", 1, 2), T("FILENO", 3, 12), T("FORW_FILE", 13, 32), T("MASCO_FILE", 33, 47),   \
        T("FORW_ID", 48, 57), T("FIRM_ID", 58, 67)
#define BUCKETS                                                                                    \
    M("principal", 44, 55), M("interest", 56, 67), M("other3", 68, 79), M("other4", 80, 91),       \
        M("other5", 92, 103), M("other6", 104, 115), M("other7", 116, 127), M("other8", 128, 139), \
        M("other9", 140, 151)

/* AIM */
static const struct tl_interchange_field cact[] = {AIM_HEAD, BUCKETS, D("last_charge", 152, 159),
                                                   D("last_paid", 160, 167)};
static const struct tl_interchange_field cmis[] = {AIM_HEAD, T("title", 44, 73),
                                                   T("data", 74, 173)};
static const struct tl_interchange_field cpay[] = {AIM_HEAD,
                                                   BUCKETS,
                                                   D("payment_date", 152, 159),
                                                   T("batch_type", 160, 162),
                                                   T("payment_identifier", 163, 192),
                                                   T("comment", 193, 222)};
static const struct tl_interchange_field recall[] = {AIM_HEAD, T("recall_reason", 44, 46),
                                                     D("objection_date", 47, 54)};
static const struct tl_interchange_field aobj[] = {AIM_HEAD, T("objection_reason_code", 44, 46),
                                                   D("objection_date", 47, 54)};
static const struct tl_interchange_field aack[] = {AIM_HEAD,
                                                   M("original_balance", 44, 55),
                                                   D("received_date", 56, 63),
                                                   M("current_balance", 64, 75),
                                                   D("last_payment_date", 76, 83),
                                                   M("last_payment_amount", 84, 95)};
static const struct tl_interchange_field apay[] = {AIM_HEAD,
                                                   M("payment_amount", 44, 55),
                                                   D("payment_date", 56, 63),
                                                   T("payment_type", 64, 66),
                                                   T("payment_identifier", 67, 96),
                                                   T("comment", 97, 126),
                                                   M("payment_amount_bucket1", 127, 138),
                                                   M("payment_amount_bucket2", 139, 150),
                                                   M("payment_amount_bucket3", 151, 162),
                                                   M("payment_amount_bucket4", 163, 174),
                                                   M("payment_amount_bucket5", 175, 186),
                                                   M("payment_amount_bucket6", 187, 198),
                                                   M("payment_amount_bucket7", 199, 210),
                                                   M("payment_amount_bucket8", 211, 222),
                                                   M("payment_amount_bucket9", 223, 234)};
static const struct tl_interchange_field apdt[] = {T("record_type", 1, 4), N("file_number", 5, 13),
                                                   D("duedate", 14, 21), M("amount", 22, 33)};
static const struct tl_interchange_field abkp[] = {
    T("record_type", 1, 4), N("debtor_number", 5, 13), N("file_number", 14, 22),
    T("chapter", 23, 24),   D("date_filed", 25, 32),   T("case_number", 33, 52),
    T("district", 53, 132)};
static const struct tl_interchange_field request[] = {
    T("record_type", 1, 4),     N("file_number", 5, 13), T("request_code", 14, 18),
    T("response_code", 19, 23), T("request_id", 24, 32), T("text", 33, 532)};

/* YGC */
static const struct tl_interchange_field ygc01[] = {
    YGC_HEAD,          D("DATE_FORW", 68, 75),   T("COMM", 80, 83),
    T("SFEE", 84, 87), M("ORIG_CLAIM", 88, 101), M("ORIG_INT", 102, 115)};
static const struct tl_interchange_field ygc09[] = {YGC_HEAD, D("PDATE", 68, 75),
                                                    T("PCODE", 76, 83), T("PCMT", 84, 1107)};
static const struct tl_interchange_field ygc12[] = {YGC_HEAD,
                                                    D("DP_DATE", 68, 75),
                                                    T("DP_CMT", 76, 95),
                                                    M("DP_MERCH", 96, 109),
                                                    M("DP_CASH", 110, 123),
                                                    M("DP_NOFEE", 124, 137)};
static const struct tl_interchange_field ygc30[] = {YGC_HEAD,
                                                    N("RET_CODE", 68, 69),
                                                    D("PAY_DATE", 70, 77),
                                                    M("GROSS_PAY", 78, 91),
                                                    M("NET_CLIENT", 92, 105),
                                                    M("CHECK_AMT", 106, 119),
                                                    M("COST_RET", 120, 133),
                                                    M("FEES", 134, 147)};
static const struct tl_interchange_field ygc38[] = {YGC_HEAD,
                                                    D("DPLACED", 68, 75),
                                                    M("D1_BAL", 136, 149),
                                                    D("IDATE", 150, 157),
                                                    M("IAMT", 158, 171),
                                                    M("IDUE", 172, 185),
                                                    M("PAID", 186, 199),
                                                    M("COST_BAL", 200, 213),
                                                    T("COMM", 271, 274),
                                                    T("SFEE", 275, 278)};
static const struct tl_interchange_field ygc42[] = {YGC_HEAD,
                                                    T("RATES_PRE", 68, 72),
                                                    T("RATES_POST", 73, 77),
                                                    T("PER_DIEM", 78, 91),
                                                    M("INT_BASE", 92, 105),
                                                    M("IAMOUNT", 106, 119),
                                                    M("IPAID", 120, 133),
                                                    D("IDATE", 134, 141),
                                                    M("PRIN_AMT", 142, 155),
                                                    M("PRIN_PAID", 156, 169)};
static const struct tl_interchange_field ygc43[] = {YGC_HEAD,
                                                    D("PLAN_DATE", 68, 75),
                                                    M("PLAN_BAL", 76, 89),
                                                    D("FIRST_DATE", 90, 97),
                                                    M("FIRST_AMT", 98, 111),
                                                    M("PAY_AMT", 112, 125),
                                                    D("LAST_DATE", 126, 133),
                                                    M("LAST_AMT", 134, 147),
                                                    N("NO_PMTS", 148, 152),
                                                    T("FREQUENCY", 153, 153)};

#define RECORD(family, code, length, table)                                                        \
    {                                                                                              \
        family, code, length, (uint8_t)(sizeof(table) / sizeof(table)[0]), table                   \
    }
static const struct tl_interchange_record records[] = {
    RECORD("AIM", "CACT", 3000, cact),   RECORD("AIM", "CMIS", 173, cmis),
    RECORD("AIM", "CPAY", 222, cpay),    RECORD("AIM", "CPEN", 102, recall),
    RECORD("AIM", "CFIN", 102, recall),  RECORD("AIM", "AOBJ", 54, aobj),
    RECORD("AIM", "AACK", 95, aack),     RECORD("AIM", "APAY", 234, apay),
    RECORD("AIM", "APDT", 114, apdt),    RECORD("AIM", "ABKP", 132, abkp),
    RECORD("AIM", "ARAR", 532, request), RECORD("AIM", "CRAR", 532, request),
    RECORD("YGC", "01", 115, ygc01),     RECORD("YGC", "09", 1107, ygc09),
    RECORD("YGC", "39", 1107, ygc09),    RECORD("YGC", "12", 137, ygc12),
    RECORD("YGC", "30", 147, ygc30),     RECORD("YGC", "38", 278, ygc38),
    RECORD("YGC", "42", 169, ygc42),     RECORD("YGC", "43", 153, ygc43),
};

const struct tl_interchange_record *tl_interchange_at(size_t index)
{
    return index < sizeof records / sizeof records[0] ? &records[index] : NULL;
}

const struct tl_interchange_record *tl_interchange_find(const char *family, struct tl_bytes code)
{
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        if (tl_bytes_eq(tl_bytes_str(records[i].family), tl_bytes_str(family)) &&
            tl_bytes_eq(tl_bytes_str(records[i].code), code))
            return &records[i];
    }
    return NULL;
}

int tl_interchange_index(const struct tl_interchange_record *record, const char *name)
{
    for (uint32_t i = 0; i < record->fields; i++) {
        if (tl_bytes_eq(tl_bytes_str(record->field[i].name), tl_bytes_str(name)))
            return (int)i;
    }
    return -1;
}
