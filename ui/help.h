/* The rows of options.def as data, and the texts made of them. */
#ifndef EMU_UI_HELP_H
#define EMU_UI_HELP_H

#include "ui/options.h"

typedef enum OptionId {
#define OPTION(id, name, letter, argument, metavar, commands, help) OPTION_##id,
#define QEMU(spelling, id, takes_argument)
#include "ui/options.def"
#undef OPTION
#undef QEMU
    OPTION_COUNT
} OptionId;

typedef enum OptionArgument { NONE, REQUIRED, OPTIONAL } OptionArgument;

typedef struct OptionRow {
    OptionId id;
    const char *name;
    char letter;
    OptionArgument argument;
    const char *metavar;
    unsigned commands; /* bit 1 << Command */
    const char *help;
} OptionRow;

typedef struct QemuRow {
    const char *spelling;
    OptionId id;
    bool takes_argument;
} QemuRow;

extern const OptionRow option_rows[OPTION_COUNT];
extern const QemuRow qemu_rows[];
extern const size_t qemu_row_count;
extern const char *const command_names[COMMANDS];
extern const char *const command_usage[COMMANDS];

/* Options of the modelled hierarchy (options_hierarchy.c): -1 to go on, or the exit code. */
int options_override(Options *options, const OptionRow *row, const char *value);
int options_report(Options *options, const char *value);
int options_trace(Options *options, const OptionRow *row, const char *value);
int options_settle_hierarchy(Options *options);

/* options_paging.c: likewise. */
int options_swap(Options *options, const char *value);
int options_user_frames(Options *options, const char *value);
int options_replacement(Options *options, const char *value);
int options_frame_order(Options *options, const char *value);

/* options.c: a number, decimal or 0x…; a size, with K M G T. false: it is none. */
bool options_parse_number(const char *text, uint64_t *value);
bool options_parse_size(const char *text, uint64_t *value);
void options_free_overrides(Options *options);

void help_usage(Command command);
void help_version(void);
void help_cpu(void);
void help_completion(void);
/* The name of the option that `word` was probably meant to be, or NULL. */
const char *help_nearest(Command command, const char *word);

#endif
