#include "http.h"

#include "mem.h"

#include <errno.h>
#include <nng/nng.h>
#include <nng/supplemental/http/http.h>
#include <nng/supplemental/tls/tls.h>
#include <nng/supplemental/util/platform.h>
#include <stdlib.h>
#include <string.h>

#define HTTPS       "https://"
#define DEFAULT_CAS "/etc/ssl/certs/ca-certificates.crt"

static enum tl_status failed(struct tl_why *why, int error, const char *what, const char *url)
{
    enum tl_status status = error == NNG_ETIMEDOUT                           ? TL_ERR_TIMEOUT
                            : error == NNG_EINVAL || error == NNG_EADDRINVAL ? TL_ERR_USAGE
                                                                             : TL_ERR_UNREACHABLE;

    return tl_why_set(why, status, "cannot %s \"%s\": %s", what, url, nng_strerror(error));
}

/* ---- answering ---- */

struct tl_http_server {
    struct tl_http_service service;
    nng_http_server *server;
    nng_mtx *one; /* the handler is called once at a time */
};

static int fill(nng_http_res *res, const struct tl_http_answer *answer)
{
    int error = nng_http_res_set_status(res, answer->code);

    if (error == 0)
        error = nng_http_res_set_header(res, "Content-Type", answer->type);
    if (error == 0)
        error = nng_http_res_copy_data(res, answer->body.ptr, answer->body.len);
    return error;
}

/* On one of nng's threads. */
static void on_post(nng_aio *aio)
{
    nng_http_req *req = nng_aio_get_input(aio, 0);
    nng_http_handler *handler = nng_aio_get_input(aio, 1);
    struct tl_http_server *s = nng_http_handler_get_data(handler);
    struct tl_http_answer answer = {.code = 500, .type = "text/plain; charset=utf-8"};
    nng_http_res *res = NULL;
    void *data = NULL;
    size_t len = 0;
    int error = nng_http_res_alloc(&res);

    if (error == 0) {
        nng_http_req_get_data(req, &data, &len);
        answer.body = tl_buf(tl_mem_new(s->service.answer_max, 1), s->service.answer_max);
        nng_mtx_lock(s->one);
        s->service.post(s->service.host, tl_bytes(data, len), &answer);
        nng_mtx_unlock(s->one);
        error = fill(res, &answer);
        tl_mem_free(answer.body.ptr);
    }
    if (error != 0 && res != NULL) {
        nng_http_res_free(res);
        res = NULL;
    }
    nng_aio_set_output(aio, 0, res);
    nng_aio_finish(aio, error);
}

static int add_handler(struct tl_http_server *s)
{
    nng_http_handler *handler;
    int error = nng_http_handler_alloc(&handler, s->service.path, on_post);

    if (error != 0)
        return error;
    error = nng_http_handler_set_method(handler, "POST");
    if (error == 0)
        error = nng_http_handler_collect_body(handler, true, s->service.body_max);
    if (error == 0)
        error = nng_http_handler_set_data(handler, s, NULL);
    if (error == 0)
        error = nng_http_server_add_handler(s->server, handler);
    if (error != 0)
        nng_http_handler_free(handler);
    return error;
}

enum tl_status tl_http_serve(struct tl_http_server **out, const struct tl_http_service *service,
                             struct tl_why *why)
{
    struct tl_http_server *s = tl_mem_new(1, sizeof *s);
    nng_url *url = NULL;
    int error = nng_url_parse(&url, service->url);

    s->service = *service;
    if (error == 0 && strcmp(url->u_scheme, "http") != 0)
        error = NNG_EINVAL;
    if (error == 0)
        error = nng_mtx_alloc(&s->one);
    if (error == 0)
        error = nng_http_server_hold(&s->server, url);
    if (error == 0)
        error = add_handler(s);
    if (error == 0)
        error = nng_http_server_start(s->server);
    if (url != NULL)
        nng_url_free(url);
    if (error != 0) {
        tl_http_stop(s);
        s = NULL;
    }
    *out = s;
    return error == 0 ? TL_OK : failed(why, error, "serve", service->url);
}

void tl_http_stop(struct tl_http_server *server)
{
    if (server == NULL)
        return;
    if (server->server != NULL) {
        nng_http_server_stop(server->server);
        nng_http_server_release(server->server);
    }
    if (server->one != NULL)
        nng_mtx_free(server->one);
    tl_mem_free(server);
}

/* ---- asking ---- */

struct exchange {
    const struct tl_http_question *question;
    struct tl_why *why;
    nng_url *url;
    nng_aio *aio;
    nng_tls_config *tls;
    nng_http_client *client;
    nng_http_conn *conn;
    nng_http_req *req;
    nng_http_res *res;
};

static int waited(struct exchange *x)
{
    nng_aio_wait(x->aio);
    return nng_aio_result(x->aio);
}

static int set_tls(struct exchange *x)
{
    const char *ca = x->question->ca != NULL ? x->question->ca : DEFAULT_CAS;
    int error;

    if (strncmp(x->question->url, HTTPS, strlen(HTTPS)) != 0)
        return 0;
    error = nng_tls_config_alloc(&x->tls, NNG_TLS_MODE_CLIENT);
    if (error == 0)
        error = nng_tls_config_auth_mode(x->tls, NNG_TLS_AUTH_MODE_REQUIRED);
    if (error == 0)
        error = nng_tls_config_server_name(x->tls, x->url->u_hostname);
    if (error == 0)
        error = nng_tls_config_ca_file(x->tls, ca);
    return error == 0 ? nng_http_client_set_tls(x->client, x->tls) : error;
}

static int connect_to(struct exchange *x)
{
    int error = nng_url_parse(&x->url, x->question->url);

    if (error == 0)
        error = nng_aio_alloc(&x->aio, NULL, NULL);
    if (error == 0)
        error = nng_http_client_alloc(&x->client, x->url);
    if (error == 0)
        error = set_tls(x);
    if (error != 0)
        return error;
    nng_aio_set_timeout(x->aio, (nng_duration)x->question->timeout_ms);
    nng_http_client_connect(x->client, x->aio);
    error = waited(x);
    if (error == 0)
        x->conn = nng_aio_get_output(x->aio, 0);
    return error;
}

static int send_request(struct exchange *x)
{
    const struct tl_bytes body = x->question->body;
    int error = nng_http_req_alloc(&x->req, x->url);

    if (error == 0)
        error = nng_http_res_alloc(&x->res);
    if (error == 0)
        error = nng_http_req_set_method(x->req, "POST");
    if (error == 0)
        error = nng_http_req_set_header(x->req, "Connection", "close");
    if (error == 0)
        error = nng_http_req_copy_data(x->req, body.ptr, body.len);
    if (error != 0)
        return error;
    nng_http_conn_write_req(x->conn, x->req, x->aio);
    error = waited(x);
    if (error != 0)
        return error;
    nng_http_conn_read_res(x->conn, x->res, x->aio);
    return waited(x);
}

/* How long the body is, by its header; false: it does not say, or in chunks. */
static bool body_length(nng_http_res *res, size_t *len)
{
    const char *text = nng_http_res_get_header(res, "Content-Length");
    char *end;
    unsigned long value;

    if (text == NULL || nng_http_res_get_header(res, "Transfer-Encoding") != NULL ||
        text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    value = strtoul(text, &end, 10);
    *len = value;
    return errno == 0 && *end == '\0';
}

static enum tl_status read_body(struct exchange *x, struct tl_http_answer *answer)
{
    nng_iov iov;
    size_t len;
    int error;

    answer->code = nng_http_res_get_status(x->res);
    if (!body_length(x->res, &len))
        return tl_why_set(x->why, TL_ERR_ENCODING, "\"%s\" answers without a length",
                          x->question->url);
    if (len > answer->body.cap)
        return tl_why_set(x->why, TL_ERR_LIMIT, "\"%s\" answers %zu bytes, too many",
                          x->question->url, len);
    answer->body.len = len;
    if (len == 0)
        return TL_OK;
    iov = (nng_iov){answer->body.ptr, len};
    error = nng_aio_set_iov(x->aio, 1, &iov);
    if (error == 0) {
        nng_http_conn_read_all(x->conn, x->aio);
        error = waited(x);
    }
    return error == 0 ? TL_OK : failed(x->why, error, "read the answer of", x->question->url);
}

static void end(struct exchange *x)
{
    if (x->res != NULL)
        nng_http_res_free(x->res);
    if (x->req != NULL)
        nng_http_req_free(x->req);
    if (x->conn != NULL)
        nng_http_conn_close(x->conn);
    if (x->client != NULL)
        nng_http_client_free(x->client);
    if (x->tls != NULL)
        nng_tls_config_free(x->tls);
    if (x->aio != NULL)
        nng_aio_free(x->aio);
    if (x->url != NULL)
        nng_url_free(x->url);
}

enum tl_status tl_http_post(const struct tl_http_question *question, struct tl_http_answer *answer,
                            struct tl_why *why)
{
    struct exchange x = {.question = question, .why = why};
    int error = connect_to(&x);
    enum tl_status status;

    answer->code = 0;
    answer->body.len = 0;
    if (error == 0)
        error = send_request(&x);
    status = error == 0 ? read_body(&x, answer) : failed(why, error, "ask", question->url);
    end(&x);
    return status;
}
