#include "gateway/proc/cmdline.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_MAX = 16 };

/* Parses a line of words with one blank between; "''" is an empty word. */
static int parse(const char *line, struct cmdline *cmdline)
{
    static char copy[256];
    char *argv[WORDS_MAX + 1] = {NULL}, *rest = copy;
    int argc = 0;

    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strsep(&rest, " "); word != NULL && argc < WORDS_MAX; word = strsep(&rest, " ")) {
        word[strcmp(word, "''") == 0 ? 0 : strlen(word)] = '\0';
        argv[argc++] = word;
    }
    return cmdline_parse(argc, argv, cmdline);
}

static struct cmdline expect(const char *line, enum cmdline_command command)
{
    struct cmdline cmdline;

    cr_assert_eq(parse(line, &cmdline), 0, "%s: %s", line, cmdline.problem);
    cr_assert_eq(cmdline.command, command, "%s", line);
    return cmdline;
}

static void refuse(const char *line, const char *problem)
{
    struct cmdline cmdline;

    cr_assert_eq(parse(line, &cmdline), -EINVAL, "%s", line);
    cr_assert_str_eq(cmdline.problem, problem, "%s: %s", line, cmdline.problem);
}

Test(cmdline, commands_take_their_options)
{
    cr_assert_str_eq(expect("sluice run -c a.yaml", CMDLINE_RUN).config_file, "a.yaml");
    cr_assert_str_eq(expect("sluice run -ca.yaml", CMDLINE_RUN).config_file, "a.yaml");
    cr_assert_str_eq(expect("sluice run --config a.yaml", CMDLINE_RUN).config_file, "a.yaml");
    cr_assert_str_eq(expect("sluice run --config=a.yaml", CMDLINE_RUN).config_file, "a.yaml");
    cr_assert_not(expect("sluice check -c a.yaml", CMDLINE_CHECK).print);
    cr_assert(expect("sluice check --print -c a.yaml", CMDLINE_CHECK).print);
    cr_assert(expect("sluice check -c a.yaml -p", CMDLINE_CHECK).print);
    cr_assert_str_eq(expect("sluice backend", CMDLINE_BACKEND).listen, "127.0.0.1:9000");
    cr_assert_str_eq(expect("sluice backend -l unix:/x", CMDLINE_BACKEND).listen, "unix:/x");
    expect("sluice version", CMDLINE_VERSION);
}

Test(cmdline, help_is_a_command_and_an_option_of_each)
{
    cr_assert_eq(expect("sluice help", CMDLINE_HELP).topic, CMDLINE_HELP);
    cr_assert_eq(expect("sluice --help", CMDLINE_HELP).topic, CMDLINE_HELP);
    cr_assert_eq(expect("sluice -h", CMDLINE_HELP).topic, CMDLINE_HELP);
    cr_assert_eq(expect("sluice help check", CMDLINE_HELP).topic, CMDLINE_CHECK);
    cr_assert_eq(expect("sluice help run", CMDLINE_HELP).topic, CMDLINE_RUN);
    cr_assert_eq(expect("sluice run --help", CMDLINE_HELP).topic, CMDLINE_RUN);
    cr_assert_eq(expect("sluice backend -h", CMDLINE_HELP).topic, CMDLINE_BACKEND);
    expect("sluice --version", CMDLINE_VERSION);
}

Test(cmdline, an_unknown_command_is_told_the_nearest_one)
{
    refuse("sluice", "a command is missing: try \"sluice run\" (sluice help lists them)");
    refuse("sluice chek", "unknown command \"chek\"; did you mean \"check\"? (sluice help lists them)");
    refuse("sluice reload", "unknown command \"reload\" (sluice help lists them)");
    refuse("sluice help verson", "unknown command \"verson\"; did you mean \"version\"? (sluice help lists them)");
    refuse("sluice -c x", "unknown command \"-c\" (sluice help lists them)");
}

Test(cmdline, an_unknown_option_is_told_the_nearest_one_of_its_command)
{
    refuse("sluice run --confg x",
           "run: unknown option \"--confg\"; did you mean \"--config\"? (sluice help run explains)");
    refuse("sluice run --print", "run: unknown option \"--print\" (sluice help run explains)");
    refuse("sluice version -c x", "version: unknown option \"-c\" (sluice help version explains)");
    refuse("sluice run --configx", "run: unknown option \"--configx\"; did you mean \"--config\"? (sluice help run "
                                   "explains)");
}

Test(cmdline, what_is_missing_too_much_or_given_twice_is_refused)
{
    refuse("sluice run -c", "run: after -c, --config a value is missing: FILE (sluice help run explains)");
    refuse("sluice run --config=", "run: after -c, --config a value is missing: FILE (sluice help run explains)");
    refuse("sluice run -c ''", "run: after -c, --config a value is missing: FILE (sluice help run explains)");
    refuse("sluice check --print=yes", "check: --print takes no value (sluice help check explains)");
    refuse("sluice run -c a -c b", "--config is given twice");
    refuse("sluice run a.yaml", "run: \"a.yaml\" is one word too many (sluice help run explains)");
    refuse("sluice help run check", "help: \"check\" is one word too many (sluice help help explains)");
    refuse("sluice run -", "run: \"-\" is one word too many (sluice help run explains)");
}

Test(cmdline, without_a_file_it_is_the_one_here_else_the_one_of_the_system)
{
    char folder[] = "/tmp/test_cmdline_XXXXXX";

    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    cr_assert_str_eq(expect("sluice run", CMDLINE_RUN).config_file, "/etc/sluice/sluice.yaml");
    FILE *file = fopen("sluice.yaml", "we");
    cr_assert_not_null(file);
    (void)fclose(file);
    cr_assert_str_eq(expect("sluice check", CMDLINE_CHECK).config_file, "sluice.yaml");
    unlink("sluice.yaml");
    cr_assert_eq(rmdir(folder), 0);
}

Test(cmdline, each_command_has_a_help_that_names_its_options)
{
    static const char *const parts[] = {[CMDLINE_RUN] = "Usage: sluice run [-c FILE]\n",
                                        [CMDLINE_CHECK] = "  -p, --print",
                                        [CMDLINE_BACKEND] = "  -l, --listen ADDRESS",
                                        [CMDLINE_VERSION] = "Usage: sluice version\n",
                                        [CMDLINE_HELP] = "  sluice check [-c FILE] [--print] "};

    for (unsigned topic = 0; topic < ARRAY_LEN(parts); topic++) {
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        cmdline_print_help(topic, out);
        (void)fclose(out);
        cr_assert_not_null(strstr(text, parts[topic]), "%s", text);
        cr_assert(topic == CMDLINE_HELP || strstr(text, "  -h, --help             this text\n") != NULL, "%s", text);
        free(text);
    }
}
