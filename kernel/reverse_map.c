/* From a frame to the entries that map it. Most frames have one mapping, which lies in their FrameMap; further ones, after
 * fork and for shared memory, in a list of nodes out of one growing array. */
#include "base/heap.h"
#include "kernel/paging.h"
#include "kernel/space.h"

bool reverse_map_create(Paging *paging)
{
    paging->maps = heap_calloc(paging->kernel->phys.frame_count, sizeof *paging->maps);
    return paging->maps;
}

void reverse_map_destroy(Paging *paging)
{
    heap_free(paging->maps);
    heap_free(paging->nodes);
}

/* A node's number; 0: no host memory. */
static u32 new_node(Paging *paging)
{
    u32 node = paging->node_free;
    if (node) {
        paging->node_free = paging->nodes[node].next;
        return node;
    }
    if (paging->node_count == paging->node_capacity) {
        u32 capacity = paging->node_capacity * 2 + 256;
        MapNode *grown = heap_realloc(paging->nodes, capacity * sizeof *grown);
        if (!grown)
            return 0;
        paging->nodes = grown;
        paging->node_capacity = capacity;
        paging->node_count += paging->node_count == 0; /* number 0 ends lists */
    }
    return paging->node_count++;
}

static void free_node(Paging *paging, u32 node)
{
    paging->nodes[node].next = paging->node_free;
    paging->node_free = node;
}

bool reverse_map_add(Paging *paging, u64 paddr, Space *space, u64 address)
{
    FrameMap *map = &paging->maps[paddr >> PAGE_SHIFT];
    if (map->space) {
        u32 node = new_node(paging);
        if (!node)
            return false;
        paging->nodes[node] = (MapNode){.space = space, .address = address, .next = map->more};
        map->more = node;
    } else {
        map->space = space;
        map->address = address;
    }
    map->count++;
    return true;
}

/* The first mapping of the frame goes; one of the others takes its place. */
static void remove_first(Paging *paging, FrameMap *map)
{
    u32 node = map->more;
    map->space = NULL;
    if (!node)
        return;
    map->space = paging->nodes[node].space;
    map->address = paging->nodes[node].address;
    map->more = paging->nodes[node].next;
    free_node(paging, node);
}

void reverse_map_remove(Paging *paging, u64 paddr, const Space *space, u64 address)
{
    FrameMap *map = &paging->maps[paddr >> PAGE_SHIFT];
    if (map->space == space && map->address == address) {
        remove_first(paging, map);
        map->count--;
        return;
    }
    for (u32 *link = &map->more; *link; link = &paging->nodes[*link].next) {
        const MapNode *node = &paging->nodes[*link];
        if (node->space == space && node->address == address) {
            u32 gone = *link;
            *link = node->next;
            free_node(paging, gone);
            map->count--;
            return;
        }
    }
}

static void visit_one(Paging *paging, Space *space, u64 address, ReverseVisit *visit, void *context)
{
    u64 *entry = pt_entry(&paging->kernel->phys, space->cr3, address, false);
    if (entry)
        visit(context, space, address, entry);
}

void reverse_map_visit(Paging *paging, u64 paddr, ReverseVisit *visit, void *context)
{
    const FrameMap *map = &paging->maps[paddr >> PAGE_SHIFT];
    if (map->space)
        visit_one(paging, map->space, map->address, visit, context);
    for (u32 node = map->more; node; node = paging->nodes[node].next)
        visit_one(paging, paging->nodes[node].space, paging->nodes[node].address, visit, context);
}
