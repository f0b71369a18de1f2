/* Between the files that implement execve(2). */
#ifndef EMU_KERNEL_EXEC_H
#define EMU_KERNEL_EXEC_H

#include "kernel/task.h"

/* Runs the interpreter that the script names in its first line. */
i64 exec_script(Task *task, int host_fd, const ExecRequest *request);
/* Makes the task's descriptor table its own. */
Files *exec_own_files(Task *task);
/* Gives a task another number (exec by a thread that is not the leader). */
void task_renumber(Task *task, i32 tid);

#endif
