/* Published codes (public domain: cfpb/Metro2) and the small tables on them. */
#include "codes.h"

#include "tl/check.h"

#include <string.h>

#define ACCOUNT_TYPES                                                                              \
    "00 01 02 03 04 05 06 07 08 10 11 12 13 15 17 18 19 20 25 26 29 37 43 47 48 50 65 66 67 68 "   \
    "69 70 71 72 73 74 75 77 89 90 91 92 93 95 0A 2A 3A 5A 6A 7A 8A 9A 5B 6B 7B 8B 9B 0C 2C 4D "   \
    "6D 0F 0G"
#define COMMENTS                                                                                   \
    "B C H I M O S V AB AC AH AI AL AM AN AO AP AS AT AU AV AW AX AZ BA BB BC BD BE BF BG BH BI "  \
    "BJ BK BL BN BO BP BS BT CH CI CJ CK CL CM CN CO CP CS DE"
#define ECOA       "1 2 3 5 7 T X W Z"
#define INDICATORS "A B C D E F G H Q R S T U V 1A 2A"

bool tl_metro2_in(struct tl_bytes code, const char *list)
{
    const char *at = list;

    while (*at != '\0') {
        size_t len = 0;

        while (at[len] != '\0' && at[len] != ' ')
            len++;
        if (len == code.len && memcmp(at, code.ptr, len) == 0)
            return true;
        at += len;
        while (*at == ' ')
            at++;
    }
    return false;
}

static const struct {
    enum tl_metro2_field field;
    const char *codes;
} lists[] = {
    {TL_METRO2_BASE_PORTFOLIO_TYPE, "C I L M O R"}, /* L: in files, not in the list of the CFPB */
    {TL_METRO2_BASE_ACCOUNT_TYPE, ACCOUNT_TYPES},
    {TL_METRO2_BASE_TERMS_FREQUENCY, "D P W B E M L Q T S Y"},
    {TL_METRO2_BASE_PAYMENT_RATING, "0 1 2 3 4 5 6 G L"},
    {TL_METRO2_BASE_SPECIAL_COMMENT, COMMENTS},
    {TL_METRO2_BASE_COMPLIANCE_CONDITION_CODE, "XA XB XC XD XE XF XG XH XJ XR"},
    {TL_METRO2_BASE_INTEREST_TYPE_INDICATOR, "F V"},
    {TL_METRO2_BASE_ECOA_CODE, ECOA},
    {TL_METRO2_BASE_CONSUMER_INFORMATION_INDICATOR, INDICATORS},
    {TL_METRO2_J1_ECOA_CODE, ECOA},
    {TL_METRO2_J1_CONSUMER_INFORMATION_INDICATOR, INDICATORS},
    {TL_METRO2_J2_ECOA_CODE, ECOA},
    {TL_METRO2_J2_CONSUMER_INFORMATION_INDICATOR, INDICATORS},
    {TL_METRO2_K2_PURCHASED_INDICATOR, "1 2 9"},
    {TL_METRO2_L1_CHANGE_INDICATOR, "1 2 3"},
};

const char *tl_metro2_codes(enum tl_metro2_field field)
{
    TL_CHECK(field < TL_METRO2_FIELD_COUNT);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (lists[i].field == field)
            return lists[i].codes;
    return NULL;
}

struct tl_metro2_lateness tl_metro2_lateness(int64_t days_past_due)
{
    static const struct tl_metro2_lateness steps[] = {
        {"11", '0'}, {"71", '1'}, {"78", '2'}, {"80", '3'}, {"82", '4'}, {"83", '5'}, {"84", '6'}};
    int64_t step = days_past_due < 0 ? 0 : days_past_due / 30;

    return steps[step < 6 ? step : 6];
}

char tl_metro2_history_code(const struct tl_metro2_summary *month)
{
    static const char codes[][4] = {"711", "782", "803", "824", "835", "846",
                                    "93G", "94H", "95J", "96K", "97L"};

    if (tl_metro2_in(tl_bytes(month->status, 2), "11"))
        return month->owes ? '0' : 'E';
    if (tl_metro2_in(tl_bytes(month->status, 2), "05 13"))
        return (char)month->rating;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (memcmp(codes[i], month->status, 2) == 0)
            return codes[i][2];
    return 0;
}

bool tl_metro2_needs_dofd(const uint8_t status[2], uint8_t rating)
{
    if (tl_metro2_in(tl_bytes(status, 2), "05 13"))
        return tl_metro2_in(tl_bytes(&rating, 1), "1 2 3 4 5 6 G L");
    return tl_metro2_in(tl_bytes(status, 2),
                        "61 62 63 64 65 71 78 80 82 83 84 88 89 93 94 95 96 97");
}

bool tl_metro2_is_collector(const uint8_t account_type[2])
{
    return tl_metro2_in(tl_bytes(account_type, 2), "48 0C");
}
