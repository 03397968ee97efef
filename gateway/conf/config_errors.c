#include "gateway/conf/config_errors.h"

#include <stdarg.h>
#include <stdlib.h>

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

/* The last one there is room for. */
static void add_more(struct config_errors *errors)
{
    char *text = NULL;

    ASSERT(asprintf(&text, "more than %d errors; the rest is not listed", CONFIG_ERRORS_MAX - 1) >= 0);
    errors->list[errors->count++] = (struct config_error){.text = text};
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
    if (errors->count + 1 == CONFIG_ERRORS_MAX) {
        add_more(errors);
        return;
    }
    va_start(args, format);
    ASSERT(vasprintf(&text, format, args) >= 0);
    va_end(args);
    insert(errors, (struct config_error){at.line, at.column, text});
}

void config_errors_print(const struct config_errors *errors, FILE *out)
{
    for (size_t i = 0; i < errors->count; i++) {
        const struct config_error *e = &errors->list[i];
        if (e->line != 0) {
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
