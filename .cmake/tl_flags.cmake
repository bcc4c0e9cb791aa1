# One interface target carries every compiler and linker flag of the project.
add_library(tl_flags INTERFACE)
target_compile_options(tl_flags INTERFACE
    -Wall -Wextra -Wpedantic -Werror
    -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum
    -Wvla -Wformat=2 -Wundef -Wcast-align -Wwrite-strings -Wpointer-arith
    -fno-common -fstack-protector-strong -fvisibility=hidden)
target_compile_definitions(tl_flags INTERFACE _POSIX_C_SOURCE=200809L)
if(CMAKE_BUILD_TYPE MATCHES "Rel" AND NOT TL_SANITIZE)
    target_compile_options(tl_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(TL_VERIFY)
    target_compile_definitions(tl_flags INTERFACE TL_VERIFY=1)
endif()
if(TL_SANITIZE)
    target_compile_options(tl_flags INTERFACE -fsanitize=${TL_SANITIZE} -fno-omit-frame-pointer
                           -fno-sanitize-recover=all)
    target_link_options(tl_flags INTERFACE -fsanitize=${TL_SANITIZE})
endif()
if(TL_FUZZ)
    target_compile_options(tl_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(TL_COVERAGE)
    target_compile_options(tl_flags INTERFACE --coverage -O0)
    target_link_options(tl_flags INTERFACE --coverage)
endif()
