#!/usr/bin/env node
import { handle } from '@oclif/core/handle'
import { main } from '../src/main.ts'

main(process.argv.slice(2)).catch(handle)
