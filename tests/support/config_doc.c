#include "tests/support/config_doc.h"

#include "gateway/conf/schema.h"

static const char head[] = "# Configuration\n"
                           "\n"
                           "<!-- Made by `make doc` from gateway/conf/schema.def: edit it there. -->\n"
                           "\n"
                           "Sluice reads one YAML file. `sluice check -c FILE` says all that is wrong in it, each with "
                           "its place and what would\n"
                           "be right; `sluice check -c FILE --print` shows the configuration in effect, defaults "
                           "included. A commented example\n"
                           "is in [examples/sluice.yaml](examples/sluice.yaml). The smallest file:\n"
                           "\n"
                           "```yaml\n"
                           "listen: \":8080\"\n"
                           "routes:\n"
                           "  - to: ws://127.0.0.1:9000\n"
                           "```\n"
                           "\n"
                           "How values are written:\n"
                           "\n"
                           "| value | written |\n"
                           "|---|---|\n"
                           "| a duration | a whole number and its unit: `500ms`, `25s`, `2m`, `1h` |\n"
                           "| a size | a whole number and its unit: `16B`, `64KiB`, `1MiB`, `2GiB` |\n"
                           "| a number | a whole number |\n"
                           "| on or off | `on`, `off`, `true` or `false`, in quotes or not |\n"
                           "\n"
                           "What could mean two things is refused instead of guessed: a size or duration without its "
                           "unit, `0` for a timeout, a\n"
                           "key written twice or not known, and YAML anchors, aliases, tags and further documents. A "
                           "value that begins with `*`,\n"
                           "`&` or `!` needs quotes.\n";

static const char routes_note[] =
    "\n"
    "Requests go to the first route that matches, in the order written. A route that an earlier one leaves nothing to "
    "is\n"
    "an error. A path with a segment that a backend may take for `.` or `..` (plain, percent-encoded, followed by a\n"
    "parameter, or set off by a backslash) matches only routes without a path and those with `/*`, so that it cannot "
    "slip\n"
    "slip into a route that is not meant for it.\n";

static void print_heading(enum schema_place place, FILE *out)
{
    const struct schema_place_row *row = &schema_places[place];

    if (place == SCHEMA_PLACE_ROOT) {
        fputs("\n## The file\n", out);
    } else if (row->section != NULL) {
        fprintf(out, "\n## %s\n", row->section);
    } else {
        fprintf(out, "\n## %c%s\n", slice_lower((uint8_t)row->text[0]) - 'a' + 'A', row->text + 1);
    }
}

static void print_setting(const struct schema_setting *s, FILE *out)
{
    char expected[SCHEMA_TEXT_BYTES_MAX], standard[SCHEMA_TEXT_BYTES_MAX];

    fprintf(out, "| `%s` | %s | `%s` | %s | %s |\n", s->key, schema_expected(s, expected),
            schema_format(s, s->standard, standard), s->scope == SCHEMA_SCOPE_ROUTE ? "yes" : "no", s->manual);
}

static void print_settings(enum schema_place place, FILE *out)
{
    fputs("\n| key | value | default | per route | meaning |\n|---|---|---|---|---|\n", out);
    for (size_t i = 0; i < schema_setting_count; i++) {
        if (schema_settings[i].place == place) {
            print_setting(&schema_settings[i], out);
        }
    }
}

static void print_keys(enum schema_place place, FILE *out)
{
    fputs("\n| key | value | meaning |\n|---|---|---|\n", out);
    for (size_t i = 0; i < schema_key_count; i++) {
        if (schema_keys[i].place == place) {
            fprintf(out, "| `%s` | %s | %s |\n", schema_keys[i].key, schema_keys[i].form, schema_keys[i].manual);
        }
    }
}

void config_doc_print(FILE *out)
{
    fputs(head, out);
    for (unsigned place = 0; place < SCHEMA_PLACE_COUNT; place++) {
        print_heading(place, out);
        if (place == SCHEMA_PLACE_ROUTE) {
            fputs(routes_note, out);
        }
        if (schema_places[place].section == NULL) {
            print_keys(place, out);
        }
        if (schema_places[place].section != NULL || place == SCHEMA_PLACE_ROOT) {
            print_settings(place, out);
        }
    }
}
