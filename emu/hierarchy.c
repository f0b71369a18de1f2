/* The modelled hierarchy, attached to a machine. */
#include "emu/emu_hierarchy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cpu/model.h"
#include "emu/machine.h"
#include "mmu/hierarchy/inspect.h"

static bool configure(HierarchyConfig *config, const char *preset, const char *const *overrides, char *message)
{
    bool ok = hierarchy_config_load(config, preset, message);
    for (; ok && overrides && overrides[0]; overrides += 2)
        ok = hierarchy_config_override(config, overrides[0], overrides[1], message);
    return ok && hierarchy_config_check(config, message);
}

int emu_hierarchy(Emu *emu, const char *preset, const char *const *overrides)
{
    HierarchyConfig config;
    char message[CONFIG_MESSAGE];
    if (!configure(&config, preset, overrides, message)) {
        snprintf(emu->error, sizeof emu->error, "%s", message);
        return EINVAL;
    }
    Hierarchy *model = hierarchy_create(&config);
    if (!model)
        return ENOMEM;
    cpu_model_attach(&emu->kernel->cpu, model);
    hierarchy_destroy(emu->model);
    emu->model = model;
    return 0;
}

void machine_forget_model(Emu *emu)
{
    hierarchy_destroy(emu->model);
    free(emu->description);
}

bool emu_hierarchy_counter(Emu *emu, uint32_t index, EmuCounter *counter)
{
    HierarchyCounter c;
    if (!emu->model)
        return false;
    cpu_model_sync(&emu->kernel->cpu);
    if (!hierarchy_counter(emu->model, index, &c))
        return false;
    *counter = (EmuCounter){c.name, c.meaning, c.value};
    return true;
}

bool emu_hierarchy_count(Emu *emu, const char *name, uint64_t *value)
{
    if (!emu->model)
        return false;
    cpu_model_sync(&emu->kernel->cpu);
    return hierarchy_find_count(emu->model, name, value);
}

bool emu_hierarchy_cache(Emu *emu, uint32_t index, EmuCacheGeometry *geometry)
{
    static const char *const names[CACHES] = {"L1I", "L1D", "L2", "L3"};
    if (!emu->model || index >= CACHES)
        return false;
    const CacheConfig *c = &hierarchy_config(emu->model)->cache[index];
    *geometry = (EmuCacheGeometry){.name = names[index]};
    if (c->size)
        *geometry = (EmuCacheGeometry){names[index], c->size, cache_config_ways(c), c->line};
    return true;
}

const char *emu_hierarchy_description(Emu *emu)
{
    if (!emu->model)
        return NULL;
    u64 length = hierarchy_config_print(hierarchy_config(emu->model), NULL, 0);
    free(emu->description);
    emu->description = malloc(length + 1);
    if (emu->description)
        hierarchy_config_print(hierarchy_config(emu->model), emu->description, length + 1);
    return emu->description;
}

const char *emu_hierarchy_name(Emu *emu) { return emu->model ? hierarchy_config(emu->model)->name : NULL; }
const char *emu_hierarchy_preset(uint32_t index) { return hierarchy_preset_name(index); }
const char *emu_hierarchy_preset_text(uint32_t index) { return hierarchy_preset_text(index); }

uint64_t emu_hierarchy_reuse_misses(Emu *emu, uint64_t lines)
{
    if (!emu->model)
        return 0;
    cpu_model_sync(&emu->kernel->cpu);
    return hierarchy_reuse_misses(emu->model, lines);
}

uint32_t emu_hierarchy_reuse(Emu *emu, uint64_t *buckets, uint32_t capacity)
{
    if (!emu->model)
        return 0;
    cpu_model_sync(&emu->kernel->cpu);
    return hierarchy_reuse(emu->model, buckets, capacity);
}
