#include "gateway/proc/cmdline.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "gateway/conf/conf_suggest.h"

struct command {
    const char *name, *usage, *summary, *manual;
};

static const struct command commands[] = {
    [CMDLINE_RUN] = {"run", "[-c FILE]", "start the gateway",
                     "Starts the gateway and stays in the foreground. SIGTERM ends it after a drain, a second one or\n"
                     "SIGINT at once.\n"},
    [CMDLINE_CHECK] =
        {"check", "[-c FILE] [--print]", "check a configuration file",
         "Reads a configuration file and says all that is wrong in it.\nExit code 0: it is right; 1: it is not.\n"},
    [CMDLINE_BACKEND] =
        {"backend", "[-l ADDRESS]", "start a small WebSocket server, to try things with",
         "Starts a WebSocket server that sends every message back: a backend to try the gateway with.\n"},
    [CMDLINE_VERSION] =
        {"version", "", "show the version, and what this machine offers",
         "Shows the version, the build, the io_uring features of this kernel and the SIMD level in use.\n"},
    [CMDLINE_HELP] = {"help", "[COMMAND]", "explain a command", "Explains a command, or lists them all.\n"},
};

enum option_id { OPTION_CONFIG, OPTION_LISTEN, OPTION_PRINT, OPTION_HELP };

#define COMMAND_BIT(command) (1U << (command))
#define COMMAND_ANY          (~0U)

struct option_row {
    const char *long_name, *argument, *manual;
    unsigned commands;
    char short_name;
};

static const struct option_row options[] = {
    [OPTION_CONFIG] = {"config", "FILE",
                       "the configuration file (default: " CMDLINE_CONFIG_LOCAL ", else " CMDLINE_CONFIG_SYSTEM ")",
                       COMMAND_BIT(CMDLINE_RUN) | COMMAND_BIT(CMDLINE_CHECK), 'c'},
    [OPTION_LISTEN] = {"listen", "ADDRESS", "HOST:PORT, :PORT or unix:/path (default: " CMDLINE_LISTEN_DEFAULT ")",
                       COMMAND_BIT(CMDLINE_BACKEND), 'l'},
    [OPTION_PRINT] = {"print", NULL, "print the configuration in effect, defaults included", COMMAND_BIT(CMDLINE_CHECK),
                      'p'},
    [OPTION_HELP] = {"help", NULL, "this text", COMMAND_ANY, 'h'},
};

/* The words of argv that are not read yet. */
struct words {
    char *const *next, *const *end;
};

PRINTF(2, 3) static int refuse(struct cmdline *cmdline, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(cmdline->problem, sizeof cmdline->problem, format, args);
    va_end(args);
    return -EINVAL;
}

static int find_command(struct cmdline *cmdline, const char *word, enum cmdline_command *command)
{
    struct conf_suggest suggest;

    conf_suggest_init(&suggest, slice_from_string(word));
    for (unsigned i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(word, commands[i].name) == 0) {
            *command = i;
            return 0;
        }
        conf_suggest_offer(&suggest, commands[i].name);
    }
    return refuse(cmdline, "unknown command \"%.64s\"%s (sluice help lists them)", word, conf_suggest_text(&suggest));
}

static bool option_belongs(const struct option_row *option, enum cmdline_command command)
{
    return (option->commands & COMMAND_BIT(command)) != 0;
}

/* The option that a word names, and in *value what is attached to it: "-cFILE", "--config=FILE". NULL: none. */
static const struct option_row *find_option(const char *word, enum cmdline_command command, const char **value)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        const size_t len = strlen(options[i].long_name);
        if (!option_belongs(&options[i], command)) {
            continue;
        }
        if (word[1] == options[i].short_name) {
            *value = word[2] != '\0' ? word + 2 : NULL;
            return &options[i];
        }
        const bool is_long = strncmp(word, "--", 2) == 0 && strncmp(word + 2, options[i].long_name, len) == 0;
        if (is_long && (word[2 + len] == '\0' || word[2 + len] == '=')) {
            *value = word[2 + len] == '=' ? word + 3 + len : NULL;
            return &options[i];
        }
    }
    return NULL;
}

static int refuse_option(struct cmdline *cmdline, const char *word)
{
    const char *name = commands[cmdline->command].name;
    struct conf_suggest suggest;
    char known[ARRAY_LEN(options)][16];

    conf_suggest_init(&suggest, slice_from_string(word));
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        if (option_belongs(&options[i], cmdline->command)) {
            snprintf(known[i], sizeof known[i], "--%s", options[i].long_name);
            conf_suggest_offer(&suggest, known[i]);
        }
    }
    return refuse(cmdline, "%s: unknown option \"%.64s\"%s (sluice help %s explains)", name, word,
                  conf_suggest_text(&suggest), name);
}

/* Puts an option's argument where it belongs; twice the same is refused, for which one holds would be a guess. */
static int set_argument(struct cmdline *cmdline, const struct option_row *option, const char *value)
{
    const char **field = option == &options[OPTION_CONFIG] ? &cmdline->config_file : &cmdline->listen;

    if (*field != NULL) {
        return refuse(cmdline, "--%s is given twice", option->long_name);
    }
    *field = value;
    return 0;
}

static void set_flag(struct cmdline *cmdline, const struct option_row *option)
{
    if (option == &options[OPTION_PRINT]) {
        cmdline->print = true;
        return;
    }
    cmdline->topic = cmdline->command;
    cmdline->command = CMDLINE_HELP;
}

static int parse_option(struct cmdline *cmdline, const char *word, struct words *words)
{
    const char *name = commands[cmdline->command].name, *value = NULL;
    const struct option_row *option = find_option(word, cmdline->command, &value);

    if (option == NULL) {
        return refuse_option(cmdline, word);
    }
    if (option->argument == NULL) {
        if (value != NULL) {
            return refuse(cmdline, "%s: --%s takes no value (sluice help %s explains)", name, option->long_name, name);
        }
        set_flag(cmdline, option);
        return 0;
    }
    if (value == NULL && words->next < words->end) {
        value = *words->next++;
    }
    if (value == NULL || *value == '\0') {
        return refuse(cmdline, "%s: after -%c, --%s a value is missing: %s (sluice help %s explains)", name,
                      option->short_name, option->long_name, option->argument, name);
    }
    return set_argument(cmdline, option, value);
}

static int parse_operand(struct cmdline *cmdline, const char *word)
{
    const char *name = commands[cmdline->command].name;

    if (cmdline->command == CMDLINE_HELP && cmdline->topic == CMDLINE_HELP) {
        return find_command(cmdline, word, &cmdline->topic);
    }
    return refuse(cmdline, "%s: \"%.64s\" is one word too many (sluice help %s explains)", name, word, name);
}

/* "--help" and "--version" stand for commands too, where a command is expected. */
static int parse_command(struct cmdline *cmdline, const char *word)
{
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        word = "help";
    } else if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        word = "version";
    }
    return find_command(cmdline, word, &cmdline->command);
}

static void set_defaults(struct cmdline *cmdline)
{
    if (cmdline->config_file == NULL) {
        cmdline->config_file = access(CMDLINE_CONFIG_LOCAL, F_OK) == 0 ? CMDLINE_CONFIG_LOCAL : CMDLINE_CONFIG_SYSTEM;
    }
    if (cmdline->listen == NULL) {
        cmdline->listen = CMDLINE_LISTEN_DEFAULT;
    }
}

int cmdline_parse(int argc, char *const argv[], struct cmdline *cmdline)
{
    *cmdline = (struct cmdline){.command = CMDLINE_HELP, .topic = CMDLINE_HELP};
    if (argc < 2) {
        return refuse(cmdline, "a command is missing: try \"sluice run\" (sluice help lists them)");
    }
    struct words words = {argv + 2, argv + argc};
    int rc = parse_command(cmdline, argv[1]);
    while (rc == 0 && words.next < words.end) {
        const char *word = *words.next++;
        rc = word[0] == '-' && word[1] != '\0' ? parse_option(cmdline, word, &words) : parse_operand(cmdline, word);
    }
    set_defaults(cmdline);
    return rc;
}

static void print_all(FILE *out)
{
    fputs("Sluice, a WebSocket gateway.\n\nUsage: sluice COMMAND\n\n", out);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        char usage[64];
        snprintf(usage, sizeof usage, "%s %s", commands[i].name, commands[i].usage);
        fprintf(out, "  sluice %-26s %s\n", usage, commands[i].summary);
    }
    fputs("\nsluice COMMAND --help explains one.\n", out);
}

void cmdline_print_help(enum cmdline_command topic, FILE *out)
{
    const struct command *c = &commands[topic];

    if (topic == CMDLINE_HELP) {
        print_all(out);
        return;
    }
    fprintf(out, "Usage: sluice %s%s%s\n\n%s\n", c->name, c->usage[0] != '\0' ? " " : "", c->usage, c->manual);
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        const struct option_row *o = &options[i];
        char name[32];
        if (option_belongs(o, topic)) {
            snprintf(name, sizeof name, "%s %s", o->long_name, o->argument != NULL ? o->argument : "");
            fprintf(out, "  -%c, --%-16s %s\n", o->short_name, name, o->manual);
        }
    }
}
