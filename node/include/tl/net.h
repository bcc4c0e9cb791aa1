/* tl/net.h -- frames between members.
 *
 * Each member listens, and dials every other member: a pair of members has two
 * connections, and each is written by the one who dialed.  Both sides of a connection show their
 * certificates: the dialer accepts exactly the one the genesis file pins for
 * the member it dials, the listener those of all members and no other.  The
 * first frame on a new connection is HELLO, signed with the sender's consensus
 * key over ledger, wire version, sender, receiver and time: TLS says that some
 * member is at the other end, HELLO says which.  A connection that begins with
 * anything else is closed.  Who has nothing to say for two seconds says PING; who
 * hears nothing for ten hangs up, and the other dials again.
 *
 *   on the wire: length u32be, frame
 *   frame = [ number u8, body bin ], at most TL_FRAME_BYTES_MAX
 *   HELLO = { chain_id, version, from, to, time_ms } and its signature under
 *           "tallystick/hello/v1\0"
 *
 * Sending never blocks and never promises: a frame for a member whose queue is
 * full or who is not connected is dropped and counted, since every protocol
 * above sends again what still matters.
 *
 * A member that sends what no honest node sends is scored (tl_net_fault); at
 * the limit it is not listened to for half a minute.
 *
 * Threads: the functions below belong to the loop; frames and connections
 * arrive as mail from threads of the network's own. */
#ifndef TL_NET_H
#define TL_NET_H

#include "tl/genesis.h"
#include "tl/mailbox.h"
#include "tl/tlscert.h"
#include "tl/why.h"

#define TL_WIRE_VERSION 2u

/* Numbers of messages.  Their bodies: wire.h, beside the code that reads them. */
enum tl_message {
    TL_MSG_HELLO = 1,
    TL_MSG_ENVELOPE = 2,      /* an envelope's bytes */
    TL_MSG_VOTE = 3,          /* tl_vote */
    TL_MSG_CERT = 4,          /* tl_cert */
    TL_MSG_BLOCK = 5,         /* a proposal, or the answer to ASK_BLOCK */
    TL_MSG_ASK_TIP = 6,       /* tl_ask_view: is your final view above this one? */
    TL_MSG_ASK_CERT = 7,      /* tl_ask_view */
    TL_MSG_ASK_BLOCK = 8,     /* tl_ask_block: by hash */
    TL_MSG_ASK_BLOCKS = 9,    /* tl_ask_blocks: final ones, by height */
    TL_MSG_BLOCKS = 10,       /* tl_blocks */
    TL_MSG_CHECKPOINT = 11,   /* tl_cosigned */
    TL_MSG_PING = 12,         /* nothing: we are still here */
    TL_MSG_VAULT = 13,        /* tl_vault_delivery */
    TL_MSG_VAULT_ACK = 14,    /* tl_vault_ack */
    TL_MSG_ASK_SNAPSHOT = 16, /* nothing: which snapshot can you give? */
    TL_MSG_SNAPSHOT = 17,     /* tl_offer */
    TL_MSG_ASK_HEAD = 18,     /* tl_ask_blocks: of the snapshot at that height */
    TL_MSG_HEAD = 19,         /* tl_snapshot_head */
    TL_MSG_ASK_CHUNKS = 20,   /* tl_ask_chunks */
    TL_MSG_CHUNKS = 21,       /* tl_chunks */
    TL_MSG_ASK_STATUS = 22,   /* tl_ask_status */
    TL_MSG_STATUS = 23,       /* tl_status_answer */
    TL_MSG_COUNT
};

#define TL_HELLO_FIELDS(FIELD, T)                                                                  \
    FIELD(T, HASH, chain_id, 0, NULL)                                                              \
    FIELD(T, U16, version, UINT16_MAX, NULL)                                                       \
    FIELD(T, U8, from, TL_MEMBERS_MAX - 1u, NULL)                                                  \
    FIELD(T, U8, to, TL_MEMBERS_MAX - 1u, NULL)                                                    \
    FIELD(T, U64, time_ms, UINT64_MAX, NULL)                                                       \
    FIELD(T, SIG, sig, 0, NULL)
#define TL_FRAME_FIELDS(FIELD, T)                                                                  \
    FIELD(T, U8, number, UINT8_MAX, NULL)                                                          \
    FIELD(T, BIN, body, TL_FRAME_BYTES_MAX, NULL)
TL_DECLARE_RECORD(tl_hello, TL_HELLO_FIELDS)
TL_DECLARE_RECORD(tl_frame, TL_FRAME_FIELDS)

struct tl_net;

struct tl_net_plan {
    const struct tl_genesis *genesis; /* outlives the network */
    struct tl_hash chain_id;
    uint32_t self;
    const char *listen; /* host:port */
    const struct tl_tls_identity *identity;
    /* Signs a hello; the key itself stays with the signer. */
    enum tl_status (*sign)(void *host, struct tl_bytes message, struct tl_sig *sig);
    void *host;
    struct tl_mailbox *mailbox;
    size_t queue_bytes; /* unsent frames per member */
};

TL_MUST_USE enum tl_status tl_net_open(struct tl_net **out, const struct tl_net_plan *plan,
                                       struct tl_why *why);
void tl_net_close(struct tl_net *net);

/* tl_net_send copies the frame into the member's queue or drops it. */
void tl_net_send(struct tl_net *net, uint32_t member, enum tl_message number, struct tl_bytes body);
void tl_net_broadcast(struct tl_net *net, enum tl_message number, struct tl_bytes body);

/* tl_net_fault scores `points` against a member; at 100 it is ignored for a while.  A point is
 * forgotten every ten seconds. */
void tl_net_fault(struct tl_net *net, uint32_t member, uint32_t points, const char *reason);

struct tl_net_peer {
    bool in;  /* a connection of theirs has said a valid hello */
    bool out; /* ours to them is up */
    uint64_t sent;
    uint64_t received;
    uint64_t dropped;
    uint64_t faults;
    uint64_t heard_ms; /* monotonic time of the last frame, 0: never */
};
void tl_net_peer(struct tl_net *net, uint32_t member, struct tl_net_peer *out);
/* Connections and frames turned away before they had a name. */
uint64_t tl_net_strangers(struct tl_net *net);

#endif
