/* The demo's consortium: directories, processes, clients. */
#include "demo.h"

#include "tl/memberdir.h"

#include "genesis_make.h"
#include "mem.h"
#include "say.h"
#include "show.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_MS  30000u
#define AGREE_MS  120000u
#define ANSWER_MS 120000u

static const struct {
    const char *member;
    uint16_t roles;
} cast[TL_DEMO_MEMBERS] = {{"creditor", TL_ROLE_CREDITOR | TL_ROLE_SERVICER},
                           {"agency-a", TL_ROLE_AGENCY},
                           {"agency-b", TL_ROLE_AGENCY},
                           {"bureau", TL_ROLE_BUREAU}};

static void pause_ms(uint32_t time_ms)
{
    struct timespec wait = {time_ms / 1000u, (long)(time_ms % 1000u) * 1000000L};

    (void)nanosleep(&wait, NULL);
}

/* Ports nobody listens on.  All are held open together so that none comes
 * twice; between letting go and the node's own bind another program might take
 * one, and the node then says so. */
static enum tl_status ports_find(struct tl_demo *demo, struct tl_why *why)
{
    int held[TL_DEMO_MEMBERS];
    uint32_t count = 0;
    enum tl_status status = TL_OK;

    for (; count < TL_DEMO_MEMBERS && status == TL_OK; count++) {
        struct sockaddr_in address = {.sin_family = AF_INET};
        socklen_t len = sizeof address;

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        held[count] = socket(AF_INET, SOCK_STREAM, 0);
        if (held[count] < 0 ||
            bind(held[count], (struct sockaddr *)&address, sizeof address) != 0 ||
            getsockname(held[count], (struct sockaddr *)&address, &len) != 0)
            status = tl_why_errno(why, TL_ERR_IO, "cannot find a free port");
        demo->node[count].port = ntohs(address.sin_port);
    }
    while (count > 0)
        (void)close(held[--count]);
    return status;
}

static enum tl_status member_make(struct tl_demo *demo, uint32_t index, struct tl_why *why)
{
    struct tl_demo_node *node = &demo->node[index];
    char address[64];
    struct tl_memberdir_plan plan = {.dir = node->dir,
                                     .member = cast[index].member,
                                     .address = address,
                                     .roles = cast[index].roles,
                                     .author = "main",
                                     .rights = TL_RIGHT_ALL};

    node->member = cast[index].member;
    if (!tl_path_join(node->dir, sizeof node->dir, demo->dir, node->member))
        return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", demo->dir);
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", node->port);
    return tl_memberdir_create(&plan, why);
}

static enum tl_status genesis_spread(struct tl_demo *demo, struct tl_why *why)
{
    enum tl_status status = TL_OK;

    if (tl_genesis_file_load(&demo->genesis, demo->genesis_path) != TL_OK)
        return tl_why_set(why, TL_ERR_CORRUPT, "the genesis file just made cannot be read");
    for (uint32_t i = 0; i < TL_DEMO_MEMBERS && status == TL_OK; i++) {
        char path[TL_PATH_MAX];

        if (!tl_memberdir_path(path, sizeof path, demo->node[i].dir, TL_MEMBERDIR_GENESIS))
            return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", demo->node[i].dir);
        status = tl_file_create(path, tl_bytes(demo->genesis.bytes.text, demo->genesis.bytes.len),
                                TL_FILE_PUBLIC, why);
    }
    return status;
}

enum tl_status tl_demo_create(struct tl_demo *demo, const char *dir, const char *tallyd,
                              int32_t first_date, struct tl_why *why)
{
    struct tl_genesis_plan plan;
    const char *members[TL_DEMO_MEMBERS];
    enum tl_status status;

    *demo = (struct tl_demo){.tallyd = tallyd};
    (void)snprintf(demo->dir, sizeof demo->dir, "%s", dir);
    if (!tl_path_join(demo->genesis_path, sizeof demo->genesis_path, dir, "genesis.tally"))
        return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", dir);
    status = tl_dir_make(dir, TL_FILE_SECRET, why);
    if (status == TL_OK)
        status = ports_find(demo, why);
    for (uint32_t i = 0; i < TL_DEMO_MEMBERS && status == TL_OK; i++) {
        status = member_make(demo, i, why);
        members[i] = demo->node[i].dir;
    }
    if (status != TL_OK)
        return status;
    tl_genesis_plan_init(&plan);
    plan.name = "demo.example/consortium";
    plan.first_date = first_date;
    status = tl_genesis_make(&plan, members, TL_DEMO_MEMBERS, demo->genesis_path, why);
    return status == TL_OK ? genesis_spread(demo, why) : status;
}

static void child_run(const struct tl_demo *demo, const struct tl_demo_node *node)
{
    char log[TL_PATH_MAX];
    int fd = -1;
    int null = open("/dev/null", O_RDONLY);

    /* Nodes that are not to stay end with tally, however it ends: Ctrl-C, a
     * closed pipe, kill. */
    if (demo->keep)
        (void)setsid();
    else
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (tl_path_join(log, sizeof log, node->dir, "tallyd.log"))
        fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (null < 0 || fd < 0 || dup2(null, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
        _exit(127);
    (void)execlp(demo->tallyd, "tallyd", node->dir, (char *)NULL);
    _exit(127);
}

static enum tl_status node_spawn(struct tl_demo *demo, uint32_t index, struct tl_why *why)
{
    struct tl_demo_node *node = &demo->node[index];

    (void)fflush(stdout);
    node->pid = fork();
    if (node->pid < 0) {
        node->pid = 0;
        return tl_why_errno(why, TL_ERR_IO, "cannot start \"%s\"", demo->tallyd);
    }
    if (node->pid == 0)
        child_run(demo, node);
    return TL_OK;
}

static enum tl_status node_wait(struct tl_demo *demo, uint32_t index, struct tl_why *why)
{
    struct tl_demo_node *node = &demo->node[index];
    uint64_t end_ms = tl_monotonic_ms() + START_MS;
    struct tl_connection connection;
    int code = 0;

    while (tl_monotonic_ms() < end_ms) {
        if (tl_demo_connect(demo, index, &connection, why) == TL_OK) {
            tl_demo_disconnect(&connection);
            return TL_OK;
        }
        if (waitpid(node->pid, &code, WNOHANG) == node->pid) {
            node->pid = 0;
            return tl_why_set(why, TL_ERR_UNREACHABLE,
                              "node \"%s\" ended at its start; see %s/tallyd.log", node->member,
                              node->dir);
        }
        pause_ms(50);
    }
    return tl_why_set(why, TL_ERR_TIMEOUT, "node \"%s\" does not answer; see %s/tallyd.log",
                      node->member, node->dir);
}

enum tl_status tl_demo_start(struct tl_demo *demo, struct tl_why *why)
{
    enum tl_status status = TL_OK;

    for (uint32_t i = 0; i < TL_DEMO_MEMBERS && status == TL_OK; i++)
        status = node_spawn(demo, i, why);
    for (uint32_t i = 0; i < TL_DEMO_MEMBERS && status == TL_OK; i++)
        status = node_wait(demo, i, why);
    return status;
}

enum tl_status tl_demo_run(struct tl_demo *demo, uint32_t index, struct tl_why *why)
{
    enum tl_status status = node_spawn(demo, index, why);

    return status == TL_OK ? node_wait(demo, index, why) : status;
}

int tl_demo_stop(struct tl_demo *demo, uint32_t index)
{
    struct tl_demo_node *node = &demo->node[index];
    int code = 0;

    if (node->pid == 0)
        return -1;
    (void)kill(node->pid, SIGTERM);
    for (uint32_t waited = 0; waited < 20000u; waited += 20u) {
        if (waitpid(node->pid, &code, WNOHANG) == node->pid) {
            node->pid = 0;
            return WIFEXITED(code) ? WEXITSTATUS(code) : -1;
        }
        pause_ms(20);
    }
    (void)kill(node->pid, SIGKILL);
    (void)waitpid(node->pid, &code, 0);
    node->pid = 0;
    return -1;
}

void tl_demo_end(struct tl_demo *demo)
{
    for (uint32_t i = 0; i < TL_DEMO_MEMBERS; i++)
        (void)tl_demo_stop(demo, i);
    tl_genesis_file_free(&demo->genesis);
}

/* NOLINTNEXTLINE(misc-no-recursion): a member's directory is four levels deep */
static void remove_below(const char *dir, uint32_t levels)
{
    DIR *open_dir = opendir(dir);
    const struct dirent *item;
    char path[TL_PATH_MAX];
    struct stat info;

    if (open_dir == NULL)
        return;
    while ((item = readdir(open_dir)) != NULL) {
        if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0 ||
            !tl_path_join(path, sizeof path, dir, item->d_name) || lstat(path, &info) != 0)
            continue;
        if (S_ISDIR(info.st_mode) && levels > 0)
            remove_below(path, levels - 1u);
        else
            (void)unlink(path);
    }
    (void)closedir(open_dir);
    (void)rmdir(dir);
}

void tl_demo_remove(const char *dir)
{
    remove_below(dir, 6);
}

enum tl_status tl_demo_connect(const struct tl_demo *demo, uint32_t index,
                               struct tl_connection *connection, struct tl_why *why)
{
    const struct tl_demo_node *node = &demo->node[index];
    char key[TL_PATH_MAX];
    char socket_path[TL_PATH_MAX];
    char address[TL_PATH_MAX + 8u];
    struct tl_client_config config = {.address = address, .timeout_ms = ANSWER_MS};
    enum tl_status status;

    *connection = (struct tl_connection){.genesis = demo->genesis};
    if (!tl_memberdir_author_path(key, sizeof key, node->dir, "main") ||
        !tl_memberdir_path(socket_path, sizeof socket_path, node->dir, TL_MEMBERDIR_SOCKET))
        return tl_why_set(why, TL_ERR_LIMIT, "path \"%s\" is too long", node->dir);
    (void)snprintf(address, sizeof address, "ipc://%s", socket_path);
    status = tl_keyfile_load(&connection->key, key, TL_KEY_AUTHOR, why);
    if (status != TL_OK)
        return status;
    config.genesis = &connection->genesis;
    config.key = &connection->key;
    return tl_client_open(&connection->client, &config, why);
}

void tl_demo_disconnect(struct tl_connection *connection)
{
    tl_client_close(connection->client);
    tl_keyfile_wipe(&connection->key);
    connection->client = NULL;
}

static enum tl_status node_row(const struct tl_demo *demo, uint32_t index, struct tl_json **row,
                               struct tl_why *why)
{
    struct tl_connection connection;
    struct tl_node_status status;
    struct tl_exchange exchange = {TL_METHOD_STATUS, NULL, NULL, &tl_node_status_record, &status};
    enum tl_status result = tl_demo_connect(demo, index, &connection, why);

    if (result != TL_OK)
        return result;
    result = tl_client_call(connection.client, &exchange, why);
    *row = result == TL_OK ? tl_show_record(&tl_node_status_record, &status) : NULL;
    tl_demo_disconnect(&connection);
    return result;
}

static bool same(const struct tl_json *rows, const char *key)
{
    const char *first = tl_json_chars(tl_json_get(tl_json_at(rows, 0), key));

    for (size_t i = 1; i < tl_json_count(rows); i++) {
        const char *other = tl_json_chars(tl_json_get(tl_json_at(rows, i), key));

        if (first == NULL || other == NULL || strcmp(first, other) != 0)
            return false;
    }
    return true;
}

enum tl_status tl_demo_agree(const struct tl_demo *demo, struct tl_json **rows, struct tl_why *why)
{
    uint64_t end_ms = tl_monotonic_ms() + AGREE_MS;
    enum tl_status status = TL_OK;

    for (;;) {
        *rows = tl_json_array();
        for (uint32_t i = 0; i < TL_DEMO_MEMBERS && status == TL_OK; i++) {
            struct tl_json *row = NULL;

            if (demo->node[i].pid == 0)
                continue;
            status = node_row(demo, i, &row, why);
            if (status == TL_OK)
                tl_json_add(*rows, row);
        }
        if (status == TL_OK && same(*rows, "log_root") && same(*rows, "state_root"))
            return TL_OK;
        if (status != TL_OK || tl_monotonic_ms() > end_ms)
            break;
        tl_json_free(*rows);
        pause_ms(100);
    }
    tl_json_free(*rows);
    *rows = NULL;
    return status != TL_OK
               ? status
               : tl_why_set(why, TL_ERR_DIVERGED, "the nodes do not come to one checkpoint");
}
