/* Writes docs/configuration.md to standard output (make doc). */
#include "tests/support/config_doc.h"

int main(void)
{
    config_doc_print(stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}
