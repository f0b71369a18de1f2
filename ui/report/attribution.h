/* What --attribute adds to a report. */
#ifndef EMU_UI_REPORT_ATTRIBUTION_H
#define EMU_UI_REPORT_ATTRIBUTION_H

#include <stdio.h>

#include "emu/emu.h"
#include "ui/json.h"

void attribution_text(FILE *out, Emu *emu);
/* Members of the object that is open: per_function, per_object, shared_lines. */
void attribution_json(Json *json, Emu *emu);

#endif
