#include "tl/clock.h"

#include "tl/check.h"

#include <time.h>

static uint64_t clock_us(clockid_t which)
{
    struct timespec now;

    TL_CHECK(clock_gettime(which, &now) == 0);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

uint64_t tl_clock_mono_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

uint64_t tl_clock_mono_ms(void)
{
    return clock_us(CLOCK_MONOTONIC) / 1000u;
}

uint64_t tl_clock_wall_ms(void)
{
    return clock_us(CLOCK_REALTIME) / 1000u;
}

void tl_clock_sleep_ms(uint32_t time_ms)
{
    struct timespec wait = {(time_t)(time_ms / 1000u), (long)(time_ms % 1000u) * 1000000L};

    (void)nanosleep(&wait, NULL);
}
