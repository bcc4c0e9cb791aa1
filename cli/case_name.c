#include "case_name.h"

#include "map.h"
#include "mem.h"

#include <string.h>

enum tl_status tl_case_named(struct tl_id *id, const char *word, const char *map_path,
                             struct tl_why *why)
{
    struct tl_map *map;
    enum tl_status status;

    if (map_path == NULL)
        return strlen(word) == 2u * TL_ID_BYTES && tl_unhex(id->b, TL_ID_BYTES, word)
                   ? TL_OK
                   : tl_why_set(why, TL_ERR_USAGE,
                                "\"%s\" is no case id; give 32 hex digits, or --map FILE and the "
                                "source's number",
                                word);
    map = tl_mem_new(1, sizeof *map);
    status = tl_map_load(map, map_path, why);
    if (status == TL_OK) {
        tl_map_case_id(id, map, tl_bytes_str(word));
        tl_map_free(map);
    }
    tl_mem_free(map);
    return status;
}
