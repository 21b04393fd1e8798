/* SPDX-License-Identifier: MIT */
/* A small phone bot, traced with patter: options, calls on threads, what it tells at the end. */

#include <getopt.h>
#include <patter/patter.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "call.h"
#include "desk.h"
#include "ears.h"
#include "mouth.h"
#include "orders.h"
#include "report.h"
#include "tools.h"

#define SPEECH "/usr/share/pocketsphinx/test/data/"

enum { MOST_CALLS = 256, MOST_RECORDINGS = 32, FLUSH_MS = 5000 };

struct options {
    unsigned call_count;
    bool tool_process;
    const char *out;
    const char *json;
    char *const *recordings;
    size_t recording_count;
};

struct bot_call {
    struct call_setup setup;
    struct ledger ledger;
    pthread_t thread;
    bool ok;
};

static const char usage[] =
    "usage: voicebot [OPTION...] [RECORDING...]\n"
    "Answers phone calls whose caller plays recordings (16 kHz, mono; .wav or headerless),\n"
    "the last of them over the bot's reply. Traced as patter.yaml says, with\n"
    "PATTER_OTEL_ENABLED=1.\n"
    "  --calls N         hold N calls at once (1)\n"
    "  --out DIRECTORY   put a WAV file per reply there (a new one under /tmp)\n"
    "  --json FILE       write every span that the bot has ended (-: standard output)\n"
    "  --tool-process    run the order desk, which answers the tools, as another process\n";

/* Returns an exit code, or -1 to go on. */
static int read_options(int count, char **arguments, struct options *ret_options)
{
    static const struct option known[] = {
        { "calls", required_argument, NULL, 'c' }, { "out", required_argument, NULL, 'o' },
        { "json", required_argument, NULL, 'j' },  { "tool-process", no_argument, NULL, 't' },
        { "help", no_argument, NULL, 'h' },        { NULL, 0, NULL, 0 }
    };
    static char *speech[] = { SPEECH "goforward.raw", SPEECH "numbers.raw",
                              SPEECH "something.raw" };
    struct options options = { .call_count = 1, .recordings = speech, .recording_count = 3 };
    int letter = 0;

    while ((letter = getopt_long(count, arguments, "", known, NULL)) != -1) {
        switch (letter) {
        case 'c':
            options.call_count = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'o':
            options.out = optarg;
            break;
        case 'j':
            options.json = optarg;
            break;
        case 't':
            options.tool_process = true;
            break;
        default:
            fputs(usage, letter == 'h' ? stdout : stderr);
            return letter == 'h' ? 0 : 2;
        }
    }
    if (optind < count) {
        options.recordings = arguments + optind;
        options.recording_count = (size_t)(count - optind);
    }
    if (options.call_count < 1 || options.call_count > MOST_CALLS ||
        options.recording_count > MOST_RECORDINGS) {
        fprintf(stderr, "voicebot: 1 to %d calls, of at most %d recordings\n", MOST_CALLS,
                MOST_RECORDINGS);
        return 2;
    }
    *ret_options = options;
    return -1;
}

static void *run_call(void *call_)
{
    struct bot_call *call = call_;
    call->ok = call_hold(&call->setup, &call->ledger);
    return NULL;
}

/* Holds all calls at once, a thread each. */
static bool run_calls(struct bot_call *calls, size_t count)
{
    bool ok = true;
    size_t begun = 0;
    for (; begun < count; begun++) {
        if (pthread_create(&calls[begun].thread, NULL, run_call, &calls[begun]) != 0) {
            fprintf(stderr, "voicebot: the system refuses call %zu a thread\n", begun + 1);
            ok = false;
            break;
        }
    }
    for (size_t i = 0; i < begun; i++) {
        pthread_join(calls[i].thread, NULL);
        ok = ok && calls[i].ok;
    }
    return ok;
}

static bool hold_calls(const struct options *options, const struct audio *recordings,
                       unsigned desk_port, struct bot_call *calls, struct ledger *ret_ledgers)
{
    for (unsigned i = 0; i < options->call_count; i++) {
        calls[i].setup = (struct call_setup){ .recordings = recordings,
                                              .recording_count = options->recording_count,
                                              .desk_port = desk_port,
                                              .out = options->out,
                                              .call_number = i + 1 };
    }
    bool ok = run_calls(calls, options->call_count);
    for (unsigned i = 0; i < options->call_count; i++) {
        ret_ledgers[i] = calls[i].ledger;
    }
    return ok;
}

/* Runs the calls and tells of them. The desk is there from before the first to after the last. */
static bool run_bot(const struct options *options, const struct audio *recordings)
{
    struct bot_call *calls = calloc(options->call_count, sizeof(*calls));
    struct ledger *ledgers = calloc(options->call_count, sizeof(*ledgers));
    unsigned port = options->tool_process ? desk_spawn() : orders_start(false);
    bool ok = false;

    if (calls && ledgers && port) {
        ok = hold_calls(options, recordings, port, calls, ledgers);
    }
    struct desk_report desk = { 0 };
    desk.request_count = options->tool_process ? desk_join() : orders_stop();
    desk.span_count = options->tool_process ? ORDERS_SPANS * desk.request_count : 0;
    if (ok && !(options->json && strcmp(options->json, "-") == 0)) {
        report_words(ledgers, options->call_count);
    }
    fflush(stdout);
    patter_flush(FLUSH_MS);
    if (ok && options->json) {
        ok = report_json(options->json, ledgers, options->call_count, &desk);
    }
    for (unsigned i = 0; ledgers && i < options->call_count; i++) {
        ledger_clean(&ledgers[i]);
    }
    free(ledgers);
    free(calls);
    return ok;
}

static bool make_out(struct options *options, char *template)
{
    if (options->out) {
        if (mkdir(options->out, 0777) == 0 || access(options->out, W_OK) == 0) {
            return true;
        }
        perror(options->out);
        return false;
    }
    options->out = mkdtemp(template);
    if (!options->out) {
        perror(template);
    }
    return options->out != NULL;
}

static bool load_recordings(const struct options *options, struct audio *ret_recordings)
{
    for (size_t i = 0; i < options->recording_count; i++) {
        if (!audio_load(&ret_recordings[i], options->recordings[i])) {
            return false;
        }
    }
    return true;
}

/* What has ended is sent before the bot goes; the calls are cut off, as they would be anyway. */
static void *end_at_signal(void *ends)
{
    int number = 0;
    sigwait(ends, &number);
    patter_shutdown_tracing();
    _exit(128 + number);
}

/* Before any other thread, which would take the signals instead. */
static void expect_signals(void)
{
    static sigset_t ends;
    pthread_t thread;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    if (pthread_create(&thread, NULL, end_at_signal, &ends) == 0) {
        pthread_detach(thread);
    } else {
        pthread_sigmask(SIG_UNBLOCK, &ends, NULL);
    }
}

int main(int count, char **arguments)
{
    struct options options;
    struct audio recordings[MOST_RECORDINGS] = { 0 };
    char template[] = "/tmp/voicebot-XXXXXX";
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct patter_init_options tracing = { .struct_size = sizeof(tracing),
                                           .service_name = "voicebot" };

    signal(SIGPIPE, SIG_IGN);
    if (count == 2 && strcmp(arguments[1], DESK_OPTION) == 0) {
        return desk_main();
    }
    int code = read_options(count, arguments, &options);
    if (code >= 0) {
        return code;
    }
    expect_signals();
    patter_init_tracing(&tracing);
    bool ok = make_out(&options, template) && load_recordings(&options, recordings) &&
              tools_start() && mouth_start() &&
              ears_start(processors > 0 ? (unsigned)processors : 1) &&
              run_bot(&options, recordings);
    ears_stop();
    mouth_stop();
    tools_stop();
    for (size_t i = 0; i < MOST_RECORDINGS; i++) {
        audio_clean(&recordings[i]);
    }
    patter_shutdown_tracing();
    return ok ? 0 : 1;
}
