/* set, show, help, info, source: the console about itself. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/command.h"

/* ---- settings ------------------------------------------------------------------------------------------------- */

typedef enum SettingKind { SETTING_CHOICE, SETTING_NUMBER, SETTING_SWITCH } SettingKind;
typedef struct Setting {
    const char *name;
    SettingKind kind;
    size_t offset;
    const char *off, *on; /* of CHOICE: what false and true are called */
} Setting;

static const Setting settings[] = {
    {"disassembly-flavor", SETTING_CHOICE, offsetof(Settings, att), "intel", "att"},
    {"follow-fork-mode", SETTING_CHOICE, offsetof(Settings, follow_child), "parent", "child"},
    {"detach-on-fork", SETTING_SWITCH, offsetof(Settings, detach_on_fork), NULL, NULL},
    {"listsize", SETTING_NUMBER, offsetof(Settings, list_size), NULL, NULL},
    {"confirm", SETTING_SWITCH, offsetof(Settings, confirm), NULL, NULL},
    {"context", SETTING_SWITCH, offsetof(Settings, context), NULL, NULL},
};

static bool set_value(Console *console, const Setting *setting, const char *value)
{
    void *field = (char *)&console->settings + setting->offset;
    bool on = strcmp(value, "on") == 0 || strcmp(value, "1") == 0 || !*value;
    if (setting->kind == SETTING_NUMBER) {
        int number = atoi(value);
        if (number <= 0)
            return console_error(console, "A positive number is required for %s.", setting->name);
        *(int *)field = number;
    } else if (setting->kind == SETTING_SWITCH) {
        if (!on && strcmp(value, "off") != 0 && strcmp(value, "0") != 0)
            return console_error(console, "\"on\" or \"off\" expected.");
        *(bool *)field = on;
    } else {
        if (strcmp(value, setting->on) != 0 && strcmp(value, setting->off) != 0)
            return console_error(console, "Undefined item: \"%s\".", value);
        *(bool *)field = strcmp(value, setting->on) == 0;
        if (console->emu)
            emu_set_syntax(console->emu, console->settings.att);
    }
    return true;
}

/* Scripts for gdb switch off what does not exist here: pages, folded lines, colours. Nothing else can be had. */
static bool is_moot(const char *name, const char *value)
{
    static const char *const moot[][2] = {{"pagination", "off"}, {"width", "0"}, {"height", "0"}, {"width", "unlimited"}, {"height", "unlimited"},
                                          {"style", "enabled off"}, {"startup-with-shell", "off"}, {"disable-randomization", "on"},
                                          {"debuginfod", "enabled off"}};
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
    if (is_moot(name, rest + strspn(rest, " \t"))) /* asked for what is so anyway */
        return true;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (strcmp(settings[i].name, name) == 0)
            return set_value(console, &settings[i], rest + strspn(rest, " \t"));
    return cmd_set_variable(console, format, args);
}

bool cmd_show(Console *console, const char *format, const char *args)
{
    bool any = false;
    (void)format;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        const Setting *s = &settings[i];
        const void *field = (const char *)&console->settings + s->offset;
        if (*args && strcmp(args, s->name) != 0)
            continue;
        any = true;
        if (s->kind == SETTING_NUMBER)
            fprintf(console->out, "%s is %d.\n", s->name, *(const int *)field);
        else if (s->kind == SETTING_SWITCH)
            fprintf(console->out, "%s is %s.\n", s->name, *(const bool *)field ? "on" : "off");
        else
            fprintf(console->out, "%s is \"%s\".\n", s->name, *(const bool *)field ? s->on : s->off);
    }
    return any || console_error(console, "Undefined show command: \"%s\".  Try \"show\".", args);
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
    (void)format;
    if (*args) {
        const CommandRow *row = command_find(args, &rest);
        if (!row)
            return console_error(console, "Undefined command: \"%s\".  Try \"help\".", args);
        fprintf(console->out, "%s\nUsage: %s\nShortest: %s\n", row->help, row->usage, row->shortest);
        return true;
    }
    for (size_t i = 0; i < command_row_count; i++)
        if (i == 0 || strcmp(command_rows[i].name, command_rows[i - 1].name) != 0)
            fprintf(console->out, "%-22s %s\n", command_rows[i].name, command_rows[i].help);
    return true;
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
