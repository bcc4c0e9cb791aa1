# Writes the file IN as the array ARRAY_source of the C file OUT.
file(READ ${IN} bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR length "${digits} / 2")
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${OUT} "#include \"verify_source.h\"\n\nconst unsigned char ${ARRAY}_source[] = {\n${bytes}};\n"
    "const size_t ${ARRAY}_source_len = ${length};\n")
