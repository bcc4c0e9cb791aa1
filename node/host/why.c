/* Sentences for people. */
#include "tl/why.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum tl_status tl_why_set(struct tl_why *why, enum tl_status status, const char *format, ...)
{
    va_list args;

    if (why == NULL)
        return status;
    va_start(args, format);
    (void)vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    return status;
}

enum tl_status tl_why_errno(struct tl_why *why, enum tl_status status, const char *format, ...)
{
    const int error = errno;
    va_list args;
    size_t len;

    if (why == NULL)
        return status;
    va_start(args, format);
    (void)vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    len = strlen(why->text);
    (void)snprintf(why->text + len, sizeof why->text - len, ": %s", strerror(error));
    return status;
}
