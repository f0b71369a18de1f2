/* The processor's exceptions as Linux makes signals of them (arch/x86/kernel/traps.c, arch/x86/mm/fault.c). */
#include <signal.h>

#include "kernel/oom.h"
#include "kernel/paging.h"
#include "kernel/signal_internal.h"
#include "kernel/space.h"
#include "kernel/syscalls.h"

/* si_code of a floating-point exception from the flags that are raised and not masked; 0: none (a spurious one). */
static i32 float_code(u32 raised)
{
    return raised & 1 ? FPE_FLTINV : raised & 4 ? FPE_FLTDIV : raised & 8 ? FPE_FLTOVF : raised & 0x12 ? FPE_FLTUND :
           raised & 0x20 ? FPE_FLTRES : 0;
}

static void force(Task *task, i32 signo, i32 code, u64 address)
{
    signal_force(task, &(SigInfo){.signo = signo, .code = code, .fault = {.address = address}});
}

/* A call into the vsyscall page, where programs of 2012 and before ask for the time: nothing is mapped there, the kernel does the
 * call and returns for it (arch/x86/entry/vsyscall/vsyscall_64.c). false: it is no such call. */
static bool vsyscall(Task *task, const CpuException *exception)
{
    static const u16 numbers[3] = {96, 201, 309}; /* gettimeofday, time, getcpu */
    const u64 page = 0xffffffffff600000;
    u64 index = (exception->address - page) >> 10, back;
    CpuState *cpu = task_registers(task);
    if (!(exception->error & 16) || (exception->address & 0x3ff) || exception->address < page || index >= ARRAY_LEN(numbers) ||
        !copy_from_guest(task, &back, cpu->r[RSP], 8))
        return false;
    cpu->r[RAX] = numbers[index];
    cpu->r[RSP] += 8;
    cpu->rip = back;
    syscall_enter(task);
    return true;
}

/* #PF: by demand paging if the mappings allow it, else SIGSEGV or SIGBUS. */
static void page_fault(Task *task, const CpuException *exception)
{
    if (vsyscall(task, exception))
        return;
    Access access = exception->error & 16 ? ACCESS_FETCH : exception->error & 2 ? ACCESS_WRITE : ACCESS_READ;
    Kernel *kernel = task->kernel;
    if (UNLIKELY(kernel->paging != NULL))
        paging_fault_begins(kernel, exception->address);
    FaultResult result = space_fault(task->process->space, exception->address, access);
    while (result == FAULT_OOM && oom_kill(task))
        result = space_fault(task->process->space, exception->address, access);
    if (UNLIKELY(kernel->paging != NULL) && result == FAULT_RESOLVED)
        paging_hold(kernel, exception->address);
    if (result == FAULT_RESOLVED || result == FAULT_OOM)
        return;
    task->trap_number = VECTOR_PF;
    /* Linux hides from user space whether kernel addresses are mapped. */
    task->trap_error = exception->error | (exception->address >= USER_LIMIT ? 1 : 0);
    task->trap_address = exception->address;
    task->has_exception = true;
    task->exception = *exception;
    if (result == FAULT_ADRERR)
        force(task, SIGBUS, BUS_ADRERR, exception->address);
    else
        force(task, SIGSEGV, result == FAULT_MAPERR ? SEGV_MAPERR : SEGV_ACCERR, exception->address);
}

void exception_signal(Task *task, const CpuException *exception)
{
    if (exception->vector == VECTOR_PF) {
        page_fault(task, exception);
        return;
    }
    CpuState *cpu = task_registers(task);
    task->trap_number = exception->vector;
    task->trap_error = exception->error;
    task->has_exception = true;
    task->exception = *exception;
    switch (exception->vector) {
    case VECTOR_DE: force(task, SIGFPE, FPE_INTDIV, cpu->rip); break;
    case VECTOR_DB: force(task, SIGTRAP, cpu_rflags(cpu) & FLAG_TF ? TRAP_TRACE : TRAP_BRKPT, cpu->rip); break; /* else INT1 */
    case VECTOR_BP: force(task, SIGTRAP, SI_KERNEL, 0); break;
    case VECTOR_UD: force(task, SIGILL, ILL_ILLOPN, cpu->rip); break;
    case VECTOR_NP:
    case VECTOR_SS: force(task, SIGBUS, SI_KERNEL, 0); break;
    case VECTOR_AC: force(task, SIGBUS, BUS_ADRALN, 0); break;
    case VECTOR_MF: force(task, SIGFPE, float_code(cpu->x87.status & ~(u32)cpu->x87.control), cpu->rip); break;
    case VECTOR_XM: force(task, SIGFPE, float_code(cpu->mxcsr & ~(cpu->mxcsr >> 7)), cpu->rip); break;
    default: force(task, SIGSEGV, SI_KERNEL, 0); break; /* #GP, #OF, #BR */
    }
}
