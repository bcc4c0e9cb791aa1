# Foreign libraries, by the name one adapter file each links them under.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(RocksDB REQUIRED CONFIG)
find_package(nng REQUIRED CONFIG)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

# msgpack-c calls its library msgpackc (4.x, Debian 12) or msgpack-c (6.x, Debian 13, whose
# pkg-config file names a folder that does not exist), so it is found by hand.
find_library(MSGPACK_LIBRARY NAMES msgpack-c msgpackc REQUIRED)
find_path(MSGPACK_INCLUDE_DIR msgpack/pack.h REQUIRED)
add_library(tl_msgpack INTERFACE)
target_link_libraries(tl_msgpack INTERFACE ${MSGPACK_LIBRARY})
target_include_directories(tl_msgpack INTERFACE ${MSGPACK_INCLUDE_DIR})

# libcsv ships neither a pkg-config file nor a CMake package.
find_library(CSV_LIBRARY csv REQUIRED)
find_path(CSV_INCLUDE_DIR csv.h REQUIRED)
add_library(tl_csv INTERFACE)
target_link_libraries(tl_csv INTERFACE ${CSV_LIBRARY})
target_include_directories(tl_csv INTERFACE ${CSV_INCLUDE_DIR})
