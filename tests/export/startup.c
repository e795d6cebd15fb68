/* SPDX-License-Identifier: MIT
 * The start-up code of a program on a Cortex-M4 that QEMU emulates: the vector table, and what runs before main. QEMU
 * loads each section to its address, so nothing is copied. */

#include <stdint.h>
#include <stdlib.h>

extern uint32_t stack_top;
extern void initialise_monitor_handles(void);
extern int main(void);

void reset(void);
void fault(void);

void reset(void) {
  *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20; /* CPACR: the floating-point unit */
  __asm volatile("dsb\nisb");
  initialise_monitor_handles();
  exit(main());
}

void fault(void) { exit(99); }

/* The initial stack pointer, then the handlers of reset and of the faults. */
struct vectors {
  const uint32_t *stack;
  void (*handlers[15])(void);
};

__attribute__((section(".vectors"), used)) static const struct vectors table = {
    &stack_top, {reset, fault, fault, fault, fault, fault}};
