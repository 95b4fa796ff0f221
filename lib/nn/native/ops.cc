// The project's own TensorFlow ops, for the CPU: one library, compiled as a whole.
#include "deformable_sum_ops.h"
#include "depthwise_conv3d_ops.h"
#include "flat_ops.h"
#include "gelu_ops.h"
#include "norm_ops.h"
#include "overlap_loss_ops.h"
#include "patches3d_ops.h"
#include "refine_block_ops.h"
