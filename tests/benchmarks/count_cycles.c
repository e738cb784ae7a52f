/* The peer of recost.kernels.exact_count: the same count in plain C over the same arrays.

   x [blocks][chunks * 2][lanes], lanes = planes * size; masks [crossbars][groups][2] with the
   crossbars of a row chunk side by side; out [crossbars][blocks * size].  Written for the
   layout that is fastest here: four masks for every pair of words loaded. */
#include <stdint.h>
#include <string.h>

#define COUNT(a, b) \
    ((uint64_t)(__builtin_popcountll(u & (a)) + __builtin_popcountll(v & (b)) + bias) >> shift)

void count_cycles(const uint64_t *restrict x, const uint64_t *restrict masks,
                  int64_t *restrict out, uint64_t *restrict lanes, const int64_t *restrict shape) {
    const int64_t blocks = shape[0], chunks = shape[1], columns = shape[2], groups = shape[3];
    const int64_t planes = shape[4], size = shape[5], shift = shape[6];
    const int64_t width = planes * size, bias = (1 << shift) - 1;
    for (int64_t b = 0; b < blocks; b++)
        for (int64_t c = 0; c < chunks * columns; c++) {
            const uint64_t *first = x + (b * chunks + c / columns) * 2 * width;
            const uint64_t *second = first + width;
            memset(lanes, 0, (size_t)width * sizeof *lanes);
            for (int64_t g = 0; g < groups; g += 4) {
                const uint64_t *m = masks + (c * groups + g) * 2;
                for (int64_t i = 0; i < width; i++) {
                    const uint64_t u = first[i], v = second[i];
                    lanes[i] += COUNT(m[0], m[1]) + COUNT(m[2], m[3]) + COUNT(m[4], m[5])
                                + COUNT(m[6], m[7]);
                }
            }
            for (int64_t v = 0; v < size; v++) {
                int64_t total = 0;
                for (int64_t p = 0; p < planes; p++) total += (int64_t)lanes[p * size + v];
                out[c * blocks * size + b * size + v] = total;
            }
        }
}
