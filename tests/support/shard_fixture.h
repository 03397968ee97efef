/*
 * shard_fixture - the sessions of a shard on the test's own thread: real ring, real sockets, no thread.
 *
 * The test plays the client on one end of a socket pair, and the backend on a unix socket that it accepts from.
 * Thread: the test's. Memory: malloc. Errors: asserted. Limits: three seconds for anything awaited.
 */
#ifndef TESTS_SUPPORT_SHARD_FIXTURE_H
#define TESTS_SUPPORT_SHARD_FIXTURE_H

#include "gateway/session/session.h"

struct shard_fixture {
    struct io io;
    struct session_pool pool;
    struct session_quota quota;
    struct config *config;
    struct log *log;
    int log_fd;     /* read end of what the access log writes */
    int backend_fd; /* listens at BACKEND */
    char backend_path[64];
    const char *request_fields; /* more header lines of clients' requests, each with its CRLF; NULL: none */
    const char *answer_fields;  /* the same of the backend's 101 */
    char answer[1024];          /* the 101 that the last client got */
};

/*
 * Opens a shard with the routes and settings of a YAML text, in which "BACKEND" stands for a unix socket of the test's;
 * a listener is added. No limit of sessions but max. Pools are small: chunk_count chunks.
 */
void shard_fixture_open(struct shard_fixture *f, const char *yaml, uint32_t max, uint32_t chunk_count);
/* Lets all sessions end (the test has closed its sockets), and checks that everything was given back. */
void shard_fixture_close(struct shard_fixture *f);

/* A new client: the descriptor of its end. */
int shard_fixture_client(struct shard_fixture *f);
/* The next connection that the gateway made to the backend. */
int shard_fixture_backend(struct shard_fixture *f);

/* Turns until count bytes have come (or the end of stream); returns how many. */
size_t shard_fixture_read(struct shard_fixture *f, int fd, void *out, size_t count);
/* Turns until a whole HTTP head has come; returns its bytes, NUL-terminated in out. */
size_t shard_fixture_read_head(struct shard_fixture *f, int fd, char *out, size_t size);
/* Turns until the stream ends; returns how many bytes came before that. A reset counts as an end. */
size_t shard_fixture_read_all(struct shard_fixture *f, int fd, void *out, size_t size);
/* Sends all of the bytes, turning meanwhile. */
void shard_fixture_send(struct shard_fixture *f, int fd, const void *bytes, size_t count);
void shard_fixture_send_text(struct shard_fixture *f, int fd, const char *text);

/* A client's request for a path, as a NUL-terminated static text; its key's accept is SHARD_FIXTURE_ACCEPT. */
const char *shard_fixture_request(const struct shard_fixture *f, const char *path);
#define SHARD_FIXTURE_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

/* Opens a client's connection to an echo route: reads the 101. */
int shard_fixture_open_echo(struct shard_fixture *f, const char *path);
/* Opens both legs: *backend is the backend's end. */
int shard_fixture_open_relay(struct shard_fixture *f, const char *path, int *backend);

/* A frame: masked with the key "abcd" for a client, plain for a backend. Returns its bytes. */
size_t shard_fixture_masked(uint8_t *out, uint8_t first_byte, const void *payload, size_t bytes);
size_t shard_fixture_plain(uint8_t *out, uint8_t first_byte, const void *payload, size_t bytes);

/* A line of the access log that has the text, turning until it comes; NUL-terminated in out. */
void shard_fixture_log_line(struct shard_fixture *f, const char *text, char *out, size_t size);

#endif
