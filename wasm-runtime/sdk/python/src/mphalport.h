/* There are no pins. */
#define mp_hal_pin_obj_t mp_obj_t
