#include "bench/load/report.h"

struct quantile {
    const char *name;
    unsigned millionths;
};

static const struct quantile quantiles[] = {{"p50", 500000}, {"p90", 900000}, {"p99", 990000}, {"p99.9", 999000}};

/* What was counted: messages, or handshakes. */
static uint64_t units(const struct options *o, const struct run_result *r)
{
    return o->is_handshakes ? r->handshakes : r->messages;
}

static double per(double what, double divisor)
{
    return divisor > 0 ? what / divisor : 0;
}

static void print_latency(FILE *out, const struct run_result *r)
{
    fprintf(out, "latency    ");
    for (size_t i = 0; i < ARRAY_LEN(quantiles); i++) {
        fprintf(out, "%s %.1f us, ", quantiles[i].name,
                (double)histogram_quantile(&r->latency, quantiles[i].millionths) / 1e3);
    }
    fprintf(out, "max %.1f us\n", (double)r->latency.max_ns / 1e3);
}

static void print_cpu(FILE *out, const char *name, uint64_t ns, double seconds, double count)
{
    fprintf(out, "%-10s %.1f %% of a CPU, %.0f ns each\n", name, 100 * per((double)ns / 1e9, seconds),
            per((double)ns, count));
}

void report_text(FILE *out, const struct options *o, const struct run_result *r)
{
    const double count = (double)units(o, r);
    char address[ADDR_TEXT_BYTES_MAX];

    if (r->seconds == 0) {
        fprintf(out, "result     BAD: nothing was measured: %s\n", r->why);
        return;
    }
    fprintf(out, "%s%s: %u connections", addr_format(&o->addr, address), o->is_raw ? " (raw)" : o->path,
            o->connections);
    if (!o->is_handshakes) {
        fprintf(out, ", %u bytes, depth %u%s", o->size, o->depth, o->is_compressed ? ", compressed" : "");
    }
    fprintf(out, "\n%-10s %.0f /s", o->is_handshakes ? "handshakes" : "messages", per(count, r->seconds));
    if (o->rate != 0) {
        fprintf(out, " of %u /s", o->rate);
    }
    if (!o->is_handshakes) {
        fprintf(out, ", %.1f MB/s each way", per(count * o->size / 1e6, r->seconds));
    }
    fputc('\n', out);
    print_latency(out, r);
    if (o->pid_count > 0) {
        print_cpu(out, "measured", r->measured_ns, r->seconds, count);
    }
    print_cpu(out, "load", r->own_ns, r->seconds, count);
    if (r->plain > 0) {
        fprintf(out, "plain      %llu answers were not compressed\n", (unsigned long long)r->plain);
    }
    if (r->silent > 0) {
        fprintf(out, "silent     %u connections got no answer while it was measured\n", r->silent);
    }
    if (run_is_good(r)) {
        fprintf(out, "result     good: every byte that came back was right\n");
    } else {
        fprintf(out, "result     BAD: %s (%u connections with wrong bytes, %u lost)\n", r->why, r->wrong, r->lost);
    }
}

static void print_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            fputc('\\', out);
        }
        fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
    fputc('"', out);
}

void report_json(FILE *out, const struct options *o, const struct run_result *r)
{
    const double count = (double)units(o, r);

    fprintf(out, "{\"good\": %s, \"connections\": %u, \"size\": %u, \"depth\": %u, \"rate\": %u, \"compressed\": %s, ",
            run_is_good(r) ? "true" : "false", o->connections, o->size, o->depth, o->rate,
            o->is_compressed ? "true" : "false");
    fprintf(out, "\"seconds\": %.3f, \"messages\": %llu, \"handshakes\": %llu, \"per_second\": %.1f, ", r->seconds,
            (unsigned long long)r->messages, (unsigned long long)r->handshakes, per(count, r->seconds));
    fprintf(out, "\"measured_ns\": %llu, \"measured_ns_each\": %.1f, \"own_ns\": %llu, \"own_share\": %.3f, ",
            (unsigned long long)r->measured_ns, per((double)r->measured_ns, count), (unsigned long long)r->own_ns,
            per((double)r->own_ns / 1e9, r->seconds));
    fprintf(out, "\"latency_ns\": {");
    for (size_t i = 0; i < ARRAY_LEN(quantiles); i++) {
        fprintf(out, "\"%s\": %llu, ", quantiles[i].name,
                (unsigned long long)histogram_quantile(&r->latency, quantiles[i].millionths));
    }
    fprintf(out,
            "\"max\": %llu}, \"open\": %u, \"lost\": %u, \"wrong\": %u, \"silent\": %u, \"plain\": %llu, \"why\": ",
            (unsigned long long)r->latency.max_ns, r->open, r->lost, r->wrong, r->silent, (unsigned long long)r->plain);
    print_string(out, r->why);
    fputs("}\n", out);
}
