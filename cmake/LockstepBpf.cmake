# BPF programs: compiled by clang, and turned by bpftool into a header that holds the object and
# makes its maps plain memory.

find_program(LOCKSTEP_BPF_CLANG NAMES clang-19 REQUIRED)
find_program(LOCKSTEP_BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin REQUIRED)
find_library(BPF_LIBRARY bpf REQUIRED)

# lockstep_bpf(TARGET SOURCE): <NAME.skel.h> for TARGET, from the BPF program SOURCE (NAME.bpf.c),
# which includes with full paths from src/ or from beside itself.
function(lockstep_bpf target source)
  get_filename_component(name ${source} NAME_WE)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/bpf)
  set(object ${folder}/${name}.bpf.o)
  set(header ${folder}/${name}.skel.h)
  file(MAKE_DIRECTORY ${folder})
  # The kernel's headers of the machine's own architecture, which the target bpf does not look for.
  set(includes -I${CMAKE_SOURCE_DIR}/src -I/usr/include/${CMAKE_SYSTEM_PROCESSOR}-linux-gnu)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${LOCKSTEP_BPF_CLANG} -target bpf -mcpu=v3 -g -O2 -Wall -Wextra -Werror ${includes}
            -MD -MF ${object}.d -MT ${object} -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${source}
    DEPFILE ${object}.d
    COMMENT "BPF ${name}" VERBATIM)
  add_custom_command(
    OUTPUT ${header}
    COMMAND sh -c "\"$0\" gen skeleton \"$1\" name \"$2\" > \"$3\"" ${LOCKSTEP_BPFTOOL} ${object}
            ${name}_bpf ${header}
    DEPENDS ${object}
    COMMENT "BPF skeleton ${name}" VERBATIM)
  target_sources(${target} PRIVATE ${header})
  target_include_directories(${target} SYSTEM PRIVATE ${folder})
  target_link_libraries(${target} PUBLIC ${BPF_LIBRARY})
endfunction()
