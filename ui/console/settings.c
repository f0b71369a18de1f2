/* set, show, help, info, source: the console about itself. */
#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/command.h"
#include "ui/console/script.h"

/* ---- settings ------------------------------------------------------------------------------------------------- */

typedef enum SettingKind { SETTING_CHOICE, SETTING_NUMBER, SETTING_LIMIT, SETTING_SWITCH, SETTING_NOT } SettingKind;
typedef struct Setting {
    const char *name;
    SettingKind kind; /* NOT: a switch whose field says the opposite; LIMIT: a u64, where 0 and "unlimited" mean no limit */
    size_t offset;
    const char *off, *on;   /* of CHOICE: what false and true are called */
    const char *says;       /* what `show' says in front of the value */
} Setting;

#define FIELD(name) offsetof(Settings, name)
static const Setting settings[] = {
    {"disassembly-flavor", SETTING_CHOICE, FIELD(att), "intel", "att", "The disassembly flavor"},
    {"follow-fork-mode", SETTING_CHOICE, FIELD(follow_child), "parent", "child",
     "Debugger response to a program call of fork or vfork"},
    {"detach-on-fork", SETTING_SWITCH, FIELD(detach_on_fork), NULL, NULL, "Whether gdb will detach the child of a fork"},
    {"listsize", SETTING_NUMBER, FIELD(list_size), NULL, NULL, "Number of source lines gdb will list by default"},
    {"confirm", SETTING_SWITCH, FIELD(confirm), NULL, NULL, "Whether to confirm potentially dangerous operations"},
    {"context", SETTING_SWITCH, FIELD(context), NULL, NULL, "Showing registers, code and stack at every stop"},
    {"print pretty", SETTING_SWITCH, FIELD(pretty), NULL, NULL, "Pretty formatting of structures"},
    {"print array", SETTING_SWITCH, FIELD(arrays), NULL, NULL, "Pretty formatting of arrays"},
    {"print array-indexes", SETTING_SWITCH, FIELD(indexes), NULL, NULL, "Printing of array indexes"},
    {"print address", SETTING_NOT, FIELD(no_address), NULL, NULL, "Printing of addresses"},
    {"print symbol", SETTING_NOT, FIELD(no_symbol), NULL, NULL, "Printing of symbol names when printing pointers"},
    {"print union", SETTING_NOT, FIELD(no_union), NULL, NULL, "Printing of unions interior to structures"},
    {"print null-stop", SETTING_SWITCH, FIELD(null_stop), NULL, NULL, "Printing of char arrays to stop at first null char"},
    {"print elements", SETTING_LIMIT, FIELD(print_elements), NULL, NULL, "Limit on string chars or array elements to print"},
    {"print repeats", SETTING_LIMIT, FIELD(repeats), NULL, NULL, "Threshold for repeated print elements"},
};
enum { SETTING_COUNT = sizeof settings / sizeof settings[0] };

static bool set_limit(Console *console, const char *value, uint64_t *field)
{
    bool none = strncmp(value, "unlimited", strlen(value)) == 0 && *value;
    if (!none && !*value)
        return console_error(console, "Argument required (integer to set it to, or \"unlimited\".).");
    return none ? *field = 0, true : command_count(console, value, 0, field);
}

static bool set_value(Console *console, const Setting *setting, const char *value)
{
    void *field = (char *)&console->settings + setting->offset;
    static const char *const yes[] = {"on", "1", "yes", "enable", ""}, *const no[] = {"off", "0", "no", "disable"};
    bool on = false, off = false;
    if (setting->kind == SETTING_LIMIT)
        return set_limit(console, value, field);
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        on |= strcmp(value, yes[i]) == 0;
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        off |= strcmp(value, no[i]) == 0;
    if (setting->kind == SETTING_NUMBER) {
        int number = strcmp(value, "unlimited") == 0 ? INT_MAX / 2 : atoi(value);
        if (number <= 0)
            return console_error(console, "A positive number is required for %s.", setting->name);
        *(int *)field = number;
    } else if (setting->kind != SETTING_CHOICE) {
        if (!on && !off)
            return console_error(console, "\"on\" or \"off\" expected.");
        *(bool *)field = on == (setting->kind == SETTING_SWITCH);
    } else {
        if (strcmp(value, setting->on) != 0 && strcmp(value, setting->off) != 0)
            return console_error(console, "Undefined item: \"%s\".", value);
        *(bool *)field = strcmp(value, setting->on) == 0;
        if (console->emu)
            emu_set_syntax(console->emu, console->settings.att);
    }
    return true;
}

/* The setting that `text` begins with, its words abbreviated as far as they are clear ("print elem"; "p" is print); *rest:
 * behind it. */
static const Setting *find_setting(const char *text, const char **rest)
{
    const Setting *found = NULL;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const char *p = text, *name = settings[i].name;
        size_t typed = strcspn(p, " \t"), full = strcspn(name, " ");
        bool fits = typed && typed <= full && strncmp(p, name, typed) == 0, exact = typed == full;
        if (fits && name[full]) {
            p += typed;
            p += strspn(p, " \t");
            name += full + 1;
            typed = strcspn(p, " \t");
            full = strlen(name);
            fits = typed && typed <= full && strncmp(p, name, typed) == 0;
            exact = typed == full;
        } else if (fits && typed < 3) {
            fits = false; /* `set p = 3' and `set l = 1' mean variables */
        }
        if (!fits || (found && !exact))
            continue;
        found = &settings[i];
        *rest = p + typed + strspn(p + typed, " \t");
        if (exact)
            break;
    }
    return found;
}

/* Scripts for gdb switch off what does not exist here: pages, folded lines, colours. Nothing else can be had. */
static bool is_moot(const char *name, const char *value)
{
    static const char *const moot[][2] = {
        {"pagination", "off"},
        {"width", "0"},
        {"height", "0"},
        {"width", "unlimited"},
        {"height", "unlimited"},
        {"style", "enabled off"},
        {"disassemble-next-line", "off"},
        {"startup-with-shell", "off"},
        {"disable-randomization", "on"},
        {"debuginfod", "enabled off"},
        {"print", "entry-values no"},
        {"print", "thread-events off"},
        {"print", "inferior-events on"},
        {"print", "demangle on"},
        {"print", "asm-demangle off"},
        {"print", "object off"},
        {"print", "vtbl off"},
        {"print", "static-members on"},
        {"print", "frame-arguments scalars"},
        {"print", "sevenbit-strings off"},
        {"breakpoint", "pending off"},
        {"language", "auto"},
        {"non-stop", "off"},
        {"scheduler-locking", "replay"},
        {"verbose", "off"},
        {"history", "save off"},
        {"auto-load", "safe-path /"},
        {"step-mode", "off"},
        {"can-use-hw-watchpoints", "1"},
        {"radix", "10"},
        {"output-radix", "10"},
        {"input-radix", "10"},
    };
    for (size_t i = 0; i < sizeof moot / sizeof moot[0]; i++)
        if (strcmp(moot[i][0], name) == 0 && strcmp(moot[i][1], value) == 0)
            return true;
    return false;
}

bool cmd_set(Console *console, const char *format, const char *args)
{
    const char *rest = args;
    char name[64];
    if (!command_word(&rest, name, sizeof name))
        return console_error(console, "Argument required (expression to compute).");
    rest += strspn(rest, " \t");
    if (is_moot(name, rest)) /* asked for what is so anyway */
        return true;
    const char *value;
    const Setting *setting = *rest == '=' ? NULL : find_setting(args, &value);
    if (setting)
        return set_value(console, setting, value);
    if (strcmp(name, "print") == 0 && isalpha((unsigned char)*rest))
        return console_error(console, "Undefined set print command: \"%s\".  Try \"help set\".", rest);
    return cmd_set_variable(console, format, args);
}

static void print_setting(Console *console, const Setting *s, bool whole)
{
    const void *field = (const char *)&console->settings + s->offset;
    char text[32];
    if (s->kind == SETTING_NUMBER)
        snprintf(text, sizeof text, "%d", *(const int *)field);
    else if (s->kind == SETTING_LIMIT)
        snprintf(text, sizeof text, *(const uint64_t *)field ? "%" PRIu64 : "unlimited", *(const uint64_t *)field);
    else if (s->kind == SETTING_CHOICE)
        snprintf(text, sizeof text, "\"%s\"", *(const bool *)field ? s->on : s->off);
    else
        snprintf(text, sizeof text, "%s", *(const bool *)field == (s->kind == SETTING_SWITCH) ? "on" : "off");
    fprintf(console->out, whole ? "%s is %s.\n" : "%s:  ", whole ? s->says : s->name, text);
    if (!whole)
        fprintf(console->out, "%s is %s.\n", s->says, text);
}

bool cmd_show(Console *console, const char *format, const char *args)
{
    const char *rest = args;
    size_t n = strlen(args);
    bool any = false;
    (void)format;
    const Setting *one = *args ? find_setting(args, &rest) : NULL;
    if (one && !*rest) {
        print_setting(console, one, true);
        return true;
    }
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (!n || (strncmp(settings[i].name, args, n) == 0 && settings[i].name[n] == ' ')) {
            print_setting(console, &settings[i], false);
            any = true;
        }
    return any || console_error(console, "Undefined show command: \"%s\".  Try \"help show\".", args);
}

/* with SETTING [VALUE] -- COMMAND; also what `print -pretty on -- x' means. */
bool cmd_with(Console *console, const char *format, const char *args)
{
    const char *command = strstr(args, "--"), *value;
    char words[128];
    (void)format;
    if (!command)
        return console_error(console, "Missing \"--\" and a command behind it.");
    snprintf(words, sizeof words, "%.*s", (int)(command - args), args);
    for (size_t n = strlen(words); n && words[n - 1] == ' '; n--)
        words[n - 1] = 0;
    const Setting *setting = find_setting(words, &value);
    if (!setting)
        return console_error(console, "Undefined set command: \"%s\".  Try \"help set\".", words);
    Settings before = console->settings;
    bool good = set_value(console, setting, value) && console_execute(console, command + 2);
    console->settings = before;
    return good;
}

/* Options in front of an expression: -pretty, -elements 3 …, up to --. Sets *text behind them. */
bool settings_options(Console *console, const char **text)
{
    char name[64], value[64];
    while ((*text)[0] == '-' && isalpha((unsigned char)(*text)[1])) {
        const char *rest = *text + 1, *nothing;
        char words[80];
        command_word(&rest, name, sizeof name);
        snprintf(words, sizeof words, "print %s", name);
        const Setting *setting = find_setting(words, &nothing);
        if (!setting)
            return true; /* -x is an expression, too */
        const char *behind = rest;
        command_word(&behind, value, sizeof value);
        bool is_switch = setting->kind != SETTING_LIMIT, given = !is_switch || !strcmp(value, "on") || !strcmp(value, "off");
        if (!set_value(console, setting, given ? value : "on"))
            return false;
        *text = given ? behind : rest;
        *text += strspn(*text, " \t");
    }
    if (strncmp(*text, "--", 2) == 0 && (!(*text)[2] || isspace((unsigned char)(*text)[2])))
        *text += 2 + strspn(*text + 2, " \t");
    return true;
}

bool cmd_show_version(Console *console, const char *format, const char *args)
{
    (void)format, (void)args;
    fprintf(console->out, "emu %s\n", emu_version());
    return true;
}

/* ---- help ----------------------------------------------------------------------------------------------------- */

bool cmd_help(Console *console, const char *format, const char *args)
{
    const char *rest;
    size_t n = strlen(args);
    (void)format;
    if (*args && script_help(console, args)) {
        fprintf(console->out, "%s\n", script_help(console, args));
        return true;
    }
    const CommandRow *row = command_find(args, &rest);
    if (*args && (!row || *rest))
        return console_error(console, "Undefined command: \"%s\".  Try \"help\".", args);
    if (*args)
        fprintf(console->out, "%s\nUsage: %s\nShortest: %s\n", row->help, row->usage, row->shortest);
    for (size_t i = 0; i < command_row_count; i++) /* all, or (info, set, show) those that begin with it */
        if (!*args || (strncmp(command_rows[i].name, row->name, n = strlen(row->name)) == 0 && command_rows[i].name[n] == ' '))
            fprintf(console->out, "%-22s %s\n", command_rows[i].name, command_rows[i].help);
    return true;
}

bool cmd_apropos(Console *console, const char *format, const char *args)
{
    regex_t regex;
    (void)format;
    if (regcomp(&regex, args, REG_NOSUB | REG_ICASE | REG_EXTENDED) != 0)
        return console_error(console, "Invalid regexp: %s", args);
    for (size_t i = 0; i < command_row_count; i++)
        if (!regexec(&regex, command_rows[i].name, 0, NULL, 0) || !regexec(&regex, command_rows[i].help, 0, NULL, 0))
            fprintf(console->out, "%s -- %s\n", command_rows[i].name, command_rows[i].help);
    regfree(&regex);
    return true;
}

/* What gdb has, and emu has not or does otherwise: the row's help says which. */
bool cmd_elsewhere(Console *console, const char *format, const char *args)
{
    (void)format, (void)args;
    return console_error(console, "%s", console->row->help);
}

bool cmd_info(Console *console, const char *format, const char *args)
{
    (void)format;
    if (*args)
        return console_error(console, "Undefined info command: \"%s\".  Try \"help info\".", args);
    for (size_t i = 0; i < command_row_count; i++)
        if (strncmp(command_rows[i].name, "info ", 5) == 0)
            fprintf(console->out, "%-22s %s\n", command_rows[i].name, command_rows[i].help);
    return true;
}

bool cmd_source(Console *console, const char *format, const char *args)
{
    (void)format;
    return console_script(console, args);
}
