/* The list of wire.def as a table. */
#include "wire.h"

#include "tl/api.h"
#include "tl/block.h"
#include "tl/books.h"
#include "tl/case.h"
#include "tl/case_receipt.h"
#include "tl/chain.h"
#include "tl/entry.h"
#include "tl/envelope.h"
#include "tl/epoch.h"
#include "tl/export.h"
#include "tl/genesis.h"
#include "tl/inclusion.h"
#include "tl/net.h"
#include "tl/position.h"
#include "tl/receipt.h"
#include "tl/replay.h"
#include "tl/snapshot.h"
#include "tl/vault.h"
#include "tl/vault_store.h"
#include "tl/vote.h"

/* Policies are written by records private to contracts/policy_wire.c. */
extern const struct tl_record wire_policy_record;
extern const struct tl_record wire_agency_record;
extern const struct tl_record wire_mask_record;
extern const struct tl_record wire_commission_record;
extern const struct tl_record wire_step_record;
extern const struct tl_record wire_tariff_record;
extern const struct tl_record wire_row_record;
extern const struct tl_record wire_rule_record;
extern const struct tl_record wire_clause_record;
extern const struct tl_record wire_law_record;
extern const struct tl_record wire_number_record;
extern const struct tl_record wire_holiday_record;

/* And scorecards by contracts/scorecard.c. */
extern const struct tl_record wire_scorecard_record;
extern const struct tl_record wire_score_feature_record;
extern const struct tl_record wire_score_bin_record;
extern const struct tl_record wire_score_band_record;

/* So are messages between members, by node/wire.c. */
extern const struct tl_record tl_ask_block_record;
extern const struct tl_record tl_ask_blocks_record;
extern const struct tl_record tl_ask_view_record;
extern const struct tl_record tl_final_block_record;
extern const struct tl_record tl_blocks_record;
extern const struct tl_record tl_cosigned_record;
extern const struct tl_record tl_offer_record;
extern const struct tl_record tl_ask_chunks_record;
extern const struct tl_record tl_chunk_record;
extern const struct tl_record tl_chunks_record;
extern const struct tl_record tl_vault_delivery_record;
extern const struct tl_record tl_vault_ack_record;
extern const struct tl_record tl_ask_status_record;
extern const struct tl_record tl_status_answer_record;

const struct wire_row wire_rows[] = {
#define WIRE_PART(title) {title, NULL},
#define WIRE(type)       {NULL, &type##_record},
#include "wire.def"
#undef WIRE
#undef WIRE_PART
};
const size_t wire_row_count = sizeof wire_rows / sizeof wire_rows[0];
