/* tallyd: one member's node.  Reads its arguments and configuration, opens the
 * node, runs it until it is told to stop. */
#include "node.h"

#include "tl/logline.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const char usage[] =
    "usage: tallyd [options] [DIR]\n"
    "\n"
    "Runs the node of the member whose directory is DIR (default: the current one).\n"
    "\n"
    "  -c, --config FILE   read this configuration instead of DIR/tallyd.conf\n"
    "      --check-config  print every effective value and where it came from, then exit\n"
    "  -h, --help          print this\n"
    "  -V, --version       print the version\n"
    "\n"
    "SIGTERM and SIGINT stop the node after its writes are on disk.\n"
    "Exit codes: 0 stopped as asked, 2 wrong usage, others as in docs/OPERATING.md.\n";

struct arguments {
    const char *dir;
    const char *config;
    bool check;
    bool help;
    bool version;
};

static bool is_option(const char *arg, const char *brief, const char *full)
{
    return strcmp(arg, brief) == 0 || strcmp(arg, full) == 0;
}

static bool read_arguments(struct arguments *args, int argc, char **argv)
{
    *args = (struct arguments){.dir = NULL};
    for (int i = 1; i < argc; i++) {
        if (is_option(argv[i], "-h", "--help"))
            args->help = true;
        else if (is_option(argv[i], "-V", "--version"))
            args->version = true;
        else if (strcmp(argv[i], "--check-config") == 0)
            args->check = true;
        else if (is_option(argv[i], "-c", "--config") && i + 1 < argc)
            args->config = argv[++i];
        else if (argv[i][0] != '-' && args->dir == NULL)
            args->dir = argv[i];
        else
            return (void)fprintf(stderr, "tallyd: unknown argument \"%s\"; see tallyd --help\n",
                                 argv[i]),
                   false;
    }
    if (args->dir == NULL)
        args->dir = ".";
    return true;
}

/* Signals become mail: a thread waits for them, no handler runs anywhere. */
struct signals {
    sigset_t set;
    struct tl_mailbox *mailbox;
    pthread_t thread;
    bool running;
};

static void *wait_for_signals(void *arg)
{
    struct signals *signals = arg;
    int number;

    while (sigwait(&signals->set, &number) == 0 && number != SIGUSR2) {
        struct tl_mail *mail = tl_mail_new(TL_MAIL_STOP, TL_MAIL_OURS, TL_BYTES_NONE);

        if (mail != NULL && !tl_mailbox_post(signals->mailbox, mail))
            tl_mail_free(mail);
    }
    return NULL;
}

static void block_signals(struct signals *signals)
{
    (void)sigemptyset(&signals->set);
    (void)sigaddset(&signals->set, SIGTERM);
    (void)sigaddset(&signals->set, SIGINT);
    (void)sigaddset(&signals->set, SIGUSR2);
    /* Before any thread exists, so that all inherit it. */
    (void)pthread_sigmask(SIG_BLOCK, &signals->set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static void start_signals(struct signals *signals, struct tl_mailbox *mailbox)
{
    signals->mailbox = mailbox;
    signals->running = pthread_create(&signals->thread, NULL, wait_for_signals, signals) == 0;
}

static void stop_signals(struct signals *signals)
{
    if (!signals->running)
        return;
    (void)pthread_kill(signals->thread, SIGUSR2);
    (void)pthread_join(signals->thread, NULL);
}

static enum tl_status serve(struct tl_node *node, struct signals *signals, struct tl_why *why)
{
    enum tl_status st;

    tl_log_open(node->config.level, NULL);
    tl_log(TL_LOG_INFO, "start", tl_log_str("version", TL_VERSION),
           tl_log_str("dir", node->config.dir));
    st = tl_node_open(node, why);
    if (st != TL_OK)
        return st;
    tl_log_open(node->config.level, node->id);
    tl_log(TL_LOG_INFO, "ready", tl_log_text("ledger", node->genesis.name),
           tl_log_hash("chain", &node->chain_id), tl_log_uint("members", node->voters.count),
           tl_log_uint("quorum", node->voters.quorum),
           tl_log_str("api", node->config.api_socket.text));
    start_signals(signals, node->mailbox);
    st = tl_node_run(node);
    stop_signals(signals);
    if (st != TL_OK)
        (void)tl_why_set(why, st, "the node stopped: %s; see the log line before",
                         tl_status_text(st));
    return st;
}

static int finish(enum tl_status st, const struct tl_why *why)
{
    if (st != TL_OK)
        (void)fprintf(stderr, "tallyd: %s\n", why->text);
    else
        tl_log_event(TL_LOG_INFO, "stopped");
    return tl_status_exit(st);
}

/* One life of a node; *again asks for another, on the ledger that replaced this. */
static int run(const struct arguments *args, bool *again)
{
    struct tl_node *node = calloc(1, sizeof *node);
    struct tl_why why = {""};
    struct signals signals = {.running = false};
    enum tl_status st;

    *again = false;
    if (node == NULL)
        return tl_status_exit(TL_ERR_NO_MEMORY);
    st = tl_config_load(&node->config, args->dir, args->config, &why);
    if (st == TL_OK && args->check) {
        tl_config_print(&node->config, stdout);
        free(node);
        return 0;
    }
    if (st == TL_OK) {
        block_signals(&signals);
        st = serve(node, &signals, &why);
        *again = st == TL_OK && node->again;
        tl_node_close(node);
    }
    free(node);
    return finish(st, &why);
}

/* Keys and personal data pass through memory; a crash must not leave them in a file. */
static void write_no_core(void)
{
    const struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
}

int main(int argc, char **argv)
{
    struct arguments args;
    bool again = false;
    int code;

    if (!read_arguments(&args, argc, argv))
        return tl_status_exit(TL_ERR_USAGE);
    if (args.help)
        return fputs(usage, stdout) < 0;
    if (args.version)
        return printf("tallyd %s\n", TL_VERSION) < 0;
    write_no_core();
    /* Which odd signatures are valid is part of consensus: a library that
     * disagrees must not take part in it. */
    if (!tl_sign_selftest()) {
        (void)fputs("tallyd: the signature library fails its self test; install libsodium 1.0.18 "
                    "or later from the distribution\n",
                    stderr);
        return tl_status_exit(TL_ERR_SIGNATURE);
    }
    do {
        code = run(&args, &again);
    } while (again);
    return code;
}
