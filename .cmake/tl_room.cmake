# tl_room(NAME [PURE] SOURCES ... HEADERS ... [LINK ...] [PRIVATE_LINK ...])
# A room is a static library.  Its include/ is public; everything else is on
# nobody's include path.  A PURE room may not allocate, do I/O, read a clock or
# keep state: tests/tools/check_pure.sh holds its symbols to an allow-list.
set_property(GLOBAL PROPERTY TL_PURE_ROOMS "")
function(tl_room name)
    cmake_parse_arguments(ROOM "PURE" "" "SOURCES;HEADERS;LINK;PRIVATE_LINK" ${ARGN})
    add_library(${name} STATIC)
    target_sources(${name}
        PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${ROOM_HEADERS}
        PRIVATE ${ROOM_SOURCES})
    target_link_libraries(${name} PUBLIC ${ROOM_LINK} PRIVATE tl_flags ${ROOM_PRIVATE_LINK})
    set_target_properties(${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
    if(ROOM_PURE)
        set_property(GLOBAL APPEND PROPERTY TL_PURE_ROOMS ${name})
    endif()
endfunction()

# tl_test(NAME SOURCES ... LINK ...): a cmocka program run by CTest.
function(tl_test name)
    cmake_parse_arguments(TEST "" "" "SOURCES;LINK;LABELS" ${ARGN})
    add_executable(${name} ${TEST_SOURCES})
    target_link_libraries(${name} PRIVATE tl_flags tl_test_support ${TEST_LINK} PkgConfig::CMOCKA)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 300 LABELS "${TEST_LABELS}"
        ENVIRONMENT "TALLY_SOURCE=${CMAKE_SOURCE_DIR};TALLY_BUILD=${CMAKE_BINARY_DIR}")
endfunction()
