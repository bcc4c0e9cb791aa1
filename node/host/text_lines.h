/* text_lines.h -- taking our small text files apart, in place.
 *
 * Each function moves *at behind the line it took and ends that line with a
 * zero.  NULL: there is no such line, and *at stays.  Private to this room. */
#ifndef TL_TEXT_LINES_H
#define TL_TEXT_LINES_H

/* The next line, without its newline.  A last line without one is no line. */
char *tl_text_line(char **at);
/* The rest of the next line behind "word ", when it begins so. */
char *tl_text_field(char **at, const char *word);

#endif
