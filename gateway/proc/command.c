#include "gateway/proc/command.h"

#include <stdlib.h>

#include "gateway/proc/about.h"
#include "gateway/proc/process.h"
#include "simd/simd.h"

enum { LEVELS_BYTES = 64, BACKEND_TEXT_BYTES = 512 };

/* The configuration, or NULL after all its errors were printed. */
static struct config *load(const char *file)
{
    struct config_errors errors;
    struct config *config = config_load(file, &errors);

    config_errors_print(&errors, stderr);
    config_errors_deinit(&errors);
    return config;
}

static int run(const struct cmdline *cmdline)
{
    struct config *config = load(cmdline->config_file);
    if (config == NULL) {
        return PROCESS_EXIT_NOT_STARTED;
    }
    const int result = process_run(config);
    config_destroy(config);
    return result;
}

static int check(const struct cmdline *cmdline)
{
    struct config *config = load(cmdline->config_file);
    if (config == NULL) {
        return PROCESS_EXIT_NOT_STARTED;
    }
    if (cmdline->print) {
        config_print(config, stdout);
    } else {
        printf("%s: ok: %zu listener%s, %zu route%s\n", cmdline->config_file, config->listener_count,
               config->listener_count > 1 ? "s" : "", config->route_count, config->route_count > 1 ? "s" : "");
    }
    config_destroy(config);
    return PROCESS_EXIT_OK;
}

/* The embedded backend is the gateway itself, with one route, to the echo. */
static int backend(const struct cmdline *cmdline)
{
    struct config_errors errors;
    char text[BACKEND_TEXT_BYTES];

    const int n = snprintf(text, sizeof text,
                           "shards: 1\nlog: { access: off }\nlimits: { message_size: 64MiB }\n"
                           "routes: [ { to: echo } ]\nlisten: \"%s\"\n",
                           cmdline->listen);
    if (n < 0 || (size_t)n >= sizeof text) {
        fprintf(stderr, "sluice: -l: the address is too long\n");
        return PROCESS_EXIT_NOT_STARTED;
    }
    struct config *config = config_load_text((struct slice){(const uint8_t *)text, (size_t)n}, "-l", &errors);
    config_errors_print(&errors, stderr);
    config_errors_deinit(&errors);
    if (config == NULL) {
        return PROCESS_EXIT_NOT_STARTED;
    }
    const int result = process_run(config);
    config_destroy(config);
    return result;
}

static int version(const struct cmdline *cmdline)
{
    (void)cmdline;
    return about_print_version(stdout);
}

static int help(const struct cmdline *cmdline)
{
    cmdline_print_help(cmdline->topic, stdout);
    return PROCESS_EXIT_OK;
}

static int (*const commands[])(const struct cmdline *cmdline) = {[CMDLINE_RUN] = run,
                                                                 [CMDLINE_CHECK] = check,
                                                                 [CMDLINE_BACKEND] = backend,
                                                                 [CMDLINE_VERSION] = version,
                                                                 [CMDLINE_HELP] = help};

static int choose_simd(void)
{
    const char *level = getenv("SLUICE_SIMD");
    char levels[LEVELS_BYTES];

    if (simd_init(level) == 0) {
        return 0;
    }
    simd_levels_supported(levels, sizeof levels);
    fprintf(stderr, "sluice: SLUICE_SIMD=%s: no such level on this CPU; there are: %s\n", level, levels);
    return -1;
}

int command_main(int argc, char *argv[])
{
    struct cmdline cmdline;

    if (cmdline_parse(argc, argv, &cmdline) != 0) {
        fprintf(stderr, "sluice: %s\n", cmdline.problem);
        return PROCESS_EXIT_NOT_STARTED;
    }
    if (choose_simd() != 0) {
        return PROCESS_EXIT_NOT_STARTED;
    }
    return commands[cmdline.command](&cmdline);
}
