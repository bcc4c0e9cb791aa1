/* tl/tls_pin.h -- a TLS connection accepts the certificates genesis names, no other.
 *
 * There is no certificate authority: whoever dials a member accepts exactly the
 * certificate the genesis file has for it, under the member's id as server name;
 * a member that listens to its peers accepts those of the other members.  What
 * a certificate is: tlscert.h.
 *
 * Ownership: a configuration made here is the caller's, tl_tls_pin_free.  nng may
 * hold on to it longer by itself.  Failure: TL_ERR_ENCODING (a certificate of the
 * genesis file is bad), TL_ERR_IO (nng or its TLS refuses). */
#ifndef TL_TLS_PIN_H
#define TL_TLS_PIN_H

#include "tl/genesis.h"
#include "tl/tlscert.h"

struct nng_tls_config; /* of nng */

/* tl_tls_pin_dial is for dialing `member`.  `own` is shown to it; NULL: nothing
 * is shown, as clients do. */
TL_MUST_USE enum tl_status tl_tls_pin_dial(struct nng_tls_config **out,
                                           const struct tl_member *member,
                                           const struct tl_tls_identity *own, struct tl_why *why);
/* tl_tls_pin_listen is for hearing every member but `self`. */
TL_MUST_USE enum tl_status tl_tls_pin_listen(struct nng_tls_config **out,
                                             const struct tl_genesis *genesis, uint32_t self,
                                             const struct tl_tls_identity *own, struct tl_why *why);
/* NULL is fine. */
void tl_tls_pin_free(struct nng_tls_config *config);

#endif
