/* The field tables of the messages between members. */
#include "wire.h"

TL_DEFINE_RECORD(tl_ask_view, TL_ASK_VIEW_FIELDS)
TL_DEFINE_RECORD(tl_ask_block, TL_ASK_BLOCK_FIELDS)
TL_DEFINE_RECORD(tl_ask_blocks, TL_ASK_BLOCKS_FIELDS)
TL_DEFINE_RECORD(tl_final_block, TL_FINAL_BLOCK_FIELDS)
TL_DEFINE_RECORD(tl_blocks, TL_BLOCKS_FIELDS)
TL_DEFINE_RECORD(tl_cosigned, TL_COSIGNED_FIELDS)
