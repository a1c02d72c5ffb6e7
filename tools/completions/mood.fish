# SPDX-License-Identifier: LGPL-2.1-or-later

# Completion of the command mood in fish. What there is to complete to, the command itself knows.

function __mood_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l current $words[-1]
    set -l prefix (string match -r -- '^--[^=]*=' $current)
    set -l value (string replace -r -- '^--[^=]*=' '' $current)

    for line in ($words[1] complete -- $words[2..-1] 2>/dev/null)
        switch $line
            case ':file'
                printf '%s\n' $prefix(__fish_complete_path $value)
            case ':directory'
                printf '%s\n' $prefix(__fish_complete_directories $value)
            case ':user'
                printf '%s\n' $prefix(__fish_complete_users)
            case ':group'
                printf '%s\n' $prefix(__fish_complete_groups)
            case '*'
                printf '%s\n' $line
        end
    end
end

complete -c mood -f -a '(__mood_complete)'
