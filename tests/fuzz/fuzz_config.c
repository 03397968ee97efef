/* What loads must print as something that loads again and means the same; what does not load must say why. */
#include <stdlib.h>

#include "tests/support/config_equal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_same_after_print(struct config *config)
{
    struct config_errors errors;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    ASSERT(out != NULL);
    config_print(config, out);
    ASSERT(fclose(out) == 0);
    struct config *again = config_load_text((struct slice){(const uint8_t *)text, len}, "printed", &errors);
    config_errors_print(&errors, stderr);
    ASSERT(again != NULL && config_equal(config, again));
    config_errors_deinit(&errors);
    config_destroy(again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config_errors errors;
    struct config *config = config_load_text((struct slice){data, size}, "fuzz", &errors);

    ASSERT((config == NULL) == (errors.count > 0));
    if (config != NULL) {
        expect_same_after_print(config);
    }
    config_errors_deinit(&errors);
    config_destroy(config);
    return 0;
}
