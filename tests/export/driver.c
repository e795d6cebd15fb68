/* SPDX-License-Identifier: MIT
 * Runs the exported network MODEL on the rows of rows.h and prints its outputs, one per line. Ends with status 0 if the
 * self-test passes. C99 and C++11, for a host and for a microcontroller. */

#include MODEL_HEADER

#include <stdio.h>

#include "rows.h"

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

int main(void) {
  static NUMBER out[OUTPUTS];
  int row, i;
  const int wrong = JOIN(MODEL, _self_test)();
  for (row = 0; row < ROWS; ++row) {
    MODEL(rows[row], out);
    for (i = 0; i < OUTPUTS; ++i) printf("%.17g\n", (double)out[i]);
  }
  if (wrong != 0) printf("self-test: output %d is wrong\n", wrong);
  return wrong != 0;
}
