#include "gateway/conf/config_errors.h"

#include <stdarg.h>
#include <stdlib.h>

static bool is_after(struct config_error e, struct config_mark at)
{
    return e.line > at.line || (e.line == at.line && e.column > at.column);
}

static void insert(struct config_errors *errors, struct config_mark at, char *text)
{
    size_t i = errors->count;

    for (; i > 0 && is_after(errors->list[i - 1], at); i--) {
        errors->list[i] = errors->list[i - 1];
    }
    errors->list[i] = (struct config_error){.line = at.line, .column = at.column, .text = text};
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
    va_start(args, format);
    const int len = errors->count + 1 < CONFIG_ERRORS_MAX
                        ? vasprintf(&text, format, args)
                        : asprintf(&text, "more than %d errors; the rest is not listed", CONFIG_ERRORS_MAX - 1);
    va_end(args);
    ASSERT(len >= 0);
    insert(errors, errors->count + 1 < CONFIG_ERRORS_MAX ? at : (struct config_mark){UINT32_MAX, 1}, text);
}

void config_errors_print(const struct config_errors *errors, FILE *out)
{
    for (size_t i = 0; i < errors->count; i++) {
        const struct config_error *e = &errors->list[i];
        const bool has_place = e->line != 0 && e->line != UINT32_MAX;
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
