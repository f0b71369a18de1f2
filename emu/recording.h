/* Between the recorder (trace.c) and the profile that it feeds. Inside emu/ only. */
#ifndef EMU_EMU_RECORDING_H
#define EMU_EMU_RECORDING_H

#include "emu/emu_profile.h"
#include "mmu/hierarchy/inspect.h"

/* Events of one instruction, at most: an XSAVE of every component, an ENTER of 31 levels, with a page in front of each access. */
enum { RECORDED_EVENTS = 256 };

typedef struct Recording Recording;
typedef struct Profile Profile;

/* One access as the profile is told of it. */
typedef struct ProfileReference {
    const Reference *reference;
    AccessKind kind;
    bool modify;
    bool missed;                  /* something happened in the model: `events` say what */
    u64 events[HIERARCHY_DETAILS]; /* as hierarchy_details() orders them */
} ProfileReference;

void profile_see(Profile *profile, const ProfileReference *seen);
void profile_end(Profile *profile, bool retired);
void profile_destroy(Profile *profile);

/* From now on the profile is fed (NULL: no more). false: no memory. */
bool recording_profile(Emu *emu, Profile *profile);
Profile *recording_profile_of(const Emu *emu);

#endif
