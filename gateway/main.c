/* sluice - a WebSocket gateway on io_uring. */
#include "gateway/proc/command.h"

int main(int argc, char *argv[])
{
    return command_main(argc, argv);
}
