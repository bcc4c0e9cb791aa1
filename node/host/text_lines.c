/* Lines and words of our small text files. */
#include "text_lines.h"

#include <stddef.h>
#include <string.h>

char *tl_text_line(char **at)
{
    char *line = *at;
    char *end = strchr(line, '\n');

    if (end == NULL)
        return NULL;
    *end = '\0';
    *at = end + 1;
    return line;
}

char *tl_text_field(char **at, const char *word)
{
    const size_t len = strlen(word);

    if (strncmp(*at, word, len) != 0 || (*at)[len] != ' ')
        return NULL;
    char *line = tl_text_line(at);
    return line == NULL ? NULL : line + len + 1;
}
