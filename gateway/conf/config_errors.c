#include "gateway/conf/config_errors.h"

#include <stdarg.h>
#include <stdlib.h>

/* Behind all lines of the file. */
#define LINE_LAST UINT32_MAX

static bool is_after(struct config_error a, struct config_error b)
{
    return a.line > b.line || (a.line == b.line && a.column > b.column);
}

static void insert(struct config_errors *errors, struct config_error error)
{
    size_t i = errors->count;

    for (; i > 0 && is_after(errors->list[i - 1], error); i--) {
        errors->list[i] = errors->list[i - 1];
    }
    errors->list[i] = error;
    errors->count++;
}

void config_errors_add(struct config_errors *errors, struct config_mark at, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    if (config_errors_is_full(errors)) {
        return;
    }
    if (errors->list == NULL) {
        errors->list = calloc(CONFIG_ERRORS_MAX, sizeof *errors->list);
        ASSERT(errors->list != NULL);
    }
    const bool is_last = errors->count + 1 == CONFIG_ERRORS_MAX;
    va_start(args, format);
    const int len = is_last ? asprintf(&text, "more than %d errors; the rest is not listed", CONFIG_ERRORS_MAX - 1)
                            : vasprintf(&text, format, args);
    va_end(args);
    ASSERT(len >= 0);
    insert(errors, (struct config_error){is_last ? LINE_LAST : at.line, at.column, text});
}

void config_errors_print(const struct config_errors *errors, FILE *out)
{
    for (size_t i = 0; i < errors->count; i++) {
        const struct config_error *e = &errors->list[i];
        const bool has_place = e->line != 0 && e->line != LINE_LAST;
        if (has_place) {
            fprintf(out, "%s:%u:%u: %s\n", errors->file, e->line, e->column, e->text);
        } else {
            fprintf(out, "%s: %s\n", errors->file, e->text);
        }
    }
}

void config_errors_deinit(struct config_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++) {
        free(errors->list[i].text);
    }
    free(errors->list);
    *errors = (struct config_errors){.file = errors->file};
}
