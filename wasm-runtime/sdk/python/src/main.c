/* The entry points: each takes the instance's script out of its state, runs it, and calls the function of the entry
 * point's name. */
#include <string.h>

#include "host.h"
#include "py/compile.h"
#include "py/persistentcode.h"
#include "py/stackctrl.h"

SLSBFT_CONTRACT

/* What recurses through the interpreter itself uses up the metered stack, which ends the call, about when it has this much
 * of the linker's. A script that goes deeper gets a RuntimeError just before. */
#define SCRIPT_STACK (12 << 10)

/* No script's keys: theirs are text, or bytes that begin otherwise. The text is for people; what runs is the code made of
 * it. Code comes from this interpreter only: another one takes an instance over by a migration, which brings the script
 * again. */
static const slsbft_bytes SCRIPT_KEY = {(const uint8_t *)"\xff" "script", 7};
static const slsbft_bytes CODE_KEY = {(const uint8_t *)"\xff" "code", 5};

void nlr_jump_fail(void *thrown) {
    (void)thrown;
    slsbft_panic_text("no memory left for the interpreter");
}

/* What is printed, until its line ends. */
static vstr_t printed;

void print_line(const char *text, uint32_t length) {
    for (uint32_t at = 0; at < length; at++) {
        if (text[at] != '\n') {
            vstr_add_byte(&printed, (uint8_t)text[at]);
            continue;
        }
        slsbft_debug(printed.buf, printed.len);
        printed.len = 0;
    }
}

/* Ends the call with what was thrown: its words and where they came from. */
static _Noreturn void fail_with(mp_obj_t thrown) {
    vstr_t words;
    mp_print_t print;
    vstr_init_print(&words, 256, &print);
    mp_obj_print_exception(&print, thrown);
    while (words.len && words.buf[words.len - 1] == '\n') words.len--;
    slsbft_fail(words.buf, words.len);
}

static slsbft_bytes input(void) {
    uint32_t length = (uint32_t)slsbft_input(NULL, 0);
    uint8_t *at = room(length);
    slsbft_input(at, length);
    return (slsbft_bytes){at, length};
}

static mp_compiled_module_t new_module(void) {
    mp_compiled_module_t module = {.context = m_new_obj(mp_module_context_t)};
    module.context->module.globals = mp_globals_get();
    return module;
}

static void run(mp_compiled_module_t module) {
    mp_call_function_0(mp_make_function_from_proto_fun(module.rc, module.context, NULL));
}

static void keep(slsbft_bytes key, slsbft_bytes value, const char *too_long) {
    if (value.length > MAX_VALUE) slsbft_fail_text(too_long);
    slsbft_store(key, value);
}

/* Compiles a script, and keeps it. */
static mp_compiled_module_t keep_script(slsbft_bytes script) {
    keep(SCRIPT_KEY, script, "the script has more than 131,072 bytes");
    mp_lexer_t *lexer = mp_lexer_new_from_str_len(qstr_from_str("contract.py"), (const char *)script.at, script.length, 0);
    qstr file = lexer->source_name;
    mp_parse_tree_t tree = mp_parse(lexer, MP_PARSE_FILE_INPUT);
    mp_compiled_module_t module = new_module();
    mp_compile_to_raw_code(&tree, file, false, &module);
    vstr_t code;
    mp_print_t print;
    vstr_init_print(&code, 1024, &print);
    mp_raw_code_save(&module, &print);
    keep(CODE_KEY, (slsbft_bytes){(uint8_t *)code.buf, code.len}, "the script compiles to more than 131,072 bytes");
    return module;
}

static mp_compiled_module_t load_kept(void) {
    slsbft_bytes code = read_key(CODE_KEY);
    if (!code.at) slsbft_fail_text("the instance has no script");
    mp_compiled_module_t module = new_module();
    mp_raw_code_load_mem(code.at, code.length, &module);
    return module;
}

/* What a function returned becomes what the call returns: bytes as they are, nothing as nothing, all else as JSON. */
static void give(mp_obj_t value) {
    if (value == mp_const_none) return;
    slsbft_bytes bytes = take_json(value, "what is returned");
    slsbft_output(bytes.at, bytes.length);
}

static void call(qstr name, mp_obj_t msg) {
    mp_map_elem_t *function = mp_map_lookup(&mp_globals_get()->map, MP_OBJ_NEW_QSTR(name), MP_MAP_LOOKUP);
    if (!function) mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("the script has no function '%q'"), name);
    give(mp_call_function_1(function->value, msg));
}

/* The message; JSON, or empty for nothing. */
static mp_obj_t message(void) {
    slsbft_bytes text = input();
    mp_obj_t msg = text.length ? parse_json(text) : mp_const_none;
    if (msg == MP_OBJ_NULL) slsbft_fail_text("the message is no JSON");
    return msg;
}

static mp_obj_t part(mp_obj_t msg, qstr name) {
    if (!mp_obj_is_type(msg, &mp_type_dict)) return mp_const_none;
    mp_map_elem_t *found = mp_map_lookup(mp_obj_dict_get_map(msg), MP_OBJ_NEW_QSTR(name), MP_MAP_LOOKUP);
    return found ? found->value : mp_const_none;
}

/* Keeps the script that comes in a message, and calls it with the rest. */
static void install(qstr name) {
    mp_obj_t msg = message(), script = part(msg, MP_QSTR_script);
    if (!mp_obj_is_str(script)) slsbft_fail_text("say {\"script\":\"…\",\"msg\":…}: the script's text and its own message");
    run(keep_script(take_bytes(script, "the script")));
    call(name, part(msg, MP_QSTR_msg));
}

static void resume(qstr name) {
    run(load_kept());
    call(name, message());
}

static void enter(void (*how)(qstr), qstr name) {
    nlr_buf_t top;
    mp_stack_ctrl_init();
    mp_stack_set_limit(SCRIPT_STACK);
    if (nlr_push(&top)) fail_with(MP_OBJ_FROM_PTR(top.ret_val));
    mp_init();
    vstr_init(&printed, 64);
    how(name);
    if (printed.len) print_line("\n", 1);
    nlr_pop();
}

SLSBFT_ENTRY(instantiate) { enter(install, MP_QSTR_instantiate); }
SLSBFT_ENTRY(execute) { enter(resume, MP_QSTR_execute); }
SLSBFT_ENTRY(query) { enter(resume, MP_QSTR_query); }
SLSBFT_ENTRY(hook) { enter(resume, MP_QSTR_hook); }
SLSBFT_ENTRY(migrate) { enter(install, MP_QSTR_migrate); }
